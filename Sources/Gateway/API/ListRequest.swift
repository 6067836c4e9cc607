import HTTP
import Sessions

/// One list as a query string asks for it: its parameters, and what else follows from them alone. Nothing
/// of when or by whom it is asked.
final class ListRequest {
  let parameters: ListParameters
  let matcher: SessionMatcher
  /// Of the query, for cursors.
  private(set) lazy var fingerprint = parameters.query.fingerprint
  /// The query string with another cursor, up to that.
  private(set) lazy var nextQueryStart = makeNextQueryStart()
  private let pairs: [Query.Pair]

  var query: SessionQuery { parameters.query }

  /// - Parameter pairs: that the parameters were read from; empty for a command line's.
  init(_ parameters: ListParameters, _ pairs: [Query.Pair] = []) {
    self.parameters = parameters
    self.pairs = pairs
    matcher = SessionMatcher(parameters.query.filter)
  }

  private func makeNextQueryStart() -> String {
    let rest = pairs.filter { $0.name != "cursor" }
      .map { "\(PercentCoding.encode($0.name))=\(PercentCoding.encode($0.value))&" }
    return "\(rest.joined())cursor="
  }
}

/// The lists that one loop was asked for lately, by query string: dashboards and scripts ask for the same
/// again and again. Loop-confined.
final class ListRequests {
  /// More different lists than a loop's callers poll; with 1 KB each they take little.
  private static let most = 64
  /// What people and dashboards ask is shorter; only cursors are longer.
  private static let longestQuery = 512

  private let sources: [String]
  private let providers: [any SessionProvider]
  private var known: [String: ListRequest] = [:]

  init(_ gateway: GatewayState) {
    sources = gateway.sources.map(\.name)
    providers = gateway.providers
  }

  func request(_ query: String) throws(Problem) -> ListRequest {
    let isShort = query.utf8.count <= Self.longestQuery
    if isShort, let request = known[query] { return request }
    let pairs: [Query.Pair]
    do { pairs = try Query.decode(query) } catch { throw Problem(error) }
    let parameters = try ListParameters(pairs, sources: sources, providers: providers)
    let request = ListRequest(parameters, pairs)
    // A cursor is hardly ever used twice.
    if isShort, parameters.cursor == nil {
      if known.count >= Self.most { known.removeAll(keepingCapacity: true) }
      known[query] = request
    }
    return request
  }
}
