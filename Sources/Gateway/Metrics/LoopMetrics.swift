import HTTP
import Sessions
import Transport
import Upstream

/// What one loop has counted, where the loop's other objects find it. Counting is adding to a number
/// of the loop's own: no lock, no memory to get.
package final class LoopMetrics {
  var counts = LoopCounts()

  package init() {}
}

/// The counts themselves, as a value that a scrape takes with it.
struct LoopCounts: Sendable {
  /// Where the paths that no route serves are counted.
  static let noRoute = Route.all.count
  private static let statuses = 100..<600
  /// Shares of `limit` that a page came to, in hundredths.
  static let fillBounds: [Int64] = [0, 10, 25, 50, 75, 90, 99, 100]

  /// By route and status, a row for each route.
  private var requests = Array(repeating: 0, count: (noRoute + 1) * statuses.count)
  private(set) var durations = Array(
    repeating: Histogram(bounds: Histogram.durations), count: noRoute + 1)
  private(set) var canceled = Array(repeating: 0, count: noRoute + 1)
  private(set) var problems = Array(repeating: 0, count: Problem.Kind.allCases.count)
  private(set) var tokens: [String: Int] = [:]
  private(set) var sources: [String: SourceCounts] = [:]
  private(set) var pageFill = Histogram(bounds: fillBounds)
  private(set) var partialPages = 0
  var spansExported = 0
  var spansDropped = 0
  var loopLag = Histogram(bounds: Histogram.durations)

  /// One source's part in pages.
  struct SourceCounts: Sendable {
    var keptLookups = 0
    var sharedLookups = 0
    var askedLookups = 0
    var scanned = 0
    var returned = 0
    var rejected = 0
    /// Pages by how the source fared and by its order.
    var okPages = 0
    var exhaustedPages = 0
    var failedPages = 0
    var orders: [OrderReport: Int] = [:]

    mutating func add(_ other: SourceCounts) {
      keptLookups += other.keptLookups
      sharedLookups += other.sharedLookups
      askedLookups += other.askedLookups
      scanned += other.scanned
      returned += other.returned
      rejected += other.rejected
      okPages += other.okPages
      exhaustedPages += other.exhaustedPages
      failedPages += other.failedPages
      orders.merge(other.orders, uniquingKeysWith: +)
    }
  }

  // MARK: Counting

  mutating func answered(route: Int, _ status: Status, took duration: Duration, token: String?) {
    guard Self.statuses.contains(status.rawValue) else { return }
    requests[route * Self.statuses.count + status.rawValue - Self.statuses.lowerBound] += 1
    durations[route].note(duration)
    if let token { tokens[token, default: 0] += 1 }
  }

  mutating func left(route: Int) { canceled[route] += 1 }

  mutating func problem(_ kind: Problem.Kind) {
    if let index = Problem.Kind.allCases.firstIndex(of: kind) { problems[index] += 1 }
  }

  mutating func page(_ page: PageLoader.Page, limit: Int) {
    let returned = page.outcomes.reduce(0) { $0 + $1.returned }
    pageFill.note(Int64(returned * 100 / max(1, limit)))
    if page.isPartial { partialPages += 1 }
    for outcome in page.outcomes { sources[outcome.name, default: SourceCounts()].add(outcome) }
  }

  enum Lookup { case kept, shared, asked }

  mutating func lookup(_ lookup: Lookup, of source: String) {
    switch lookup {
    case .kept: sources[source, default: SourceCounts()].keptLookups += 1
    case .shared: sources[source, default: SourceCounts()].sharedLookups += 1
    case .asked: sources[source, default: SourceCounts()].askedLookups += 1
    }
  }

  // MARK: Gathering

  mutating func add(_ other: LoopCounts) {
    for index in requests.indices { requests[index] += other.requests[index] }
    for index in durations.indices { durations[index].add(other.durations[index]) }
    for index in canceled.indices { canceled[index] += other.canceled[index] }
    for index in problems.indices { problems[index] += other.problems[index] }
    tokens.merge(other.tokens, uniquingKeysWith: +)
    sources.merge(other.sources) { left, right in
      var sum = left
      sum.add(right)
      return sum
    }
    pageFill.add(other.pageFill)
    partialPages += other.partialPages
    loopLag.add(other.loopLag)
    spansExported += other.spansExported
    spansDropped += other.spansDropped
  }

  /// Calls `body` for every status that a route has answered.
  func forEachStatus(ofRoute route: Int, _ body: (_ status: Int, _ count: Int) -> Void) {
    let start = route * Self.statuses.count
    for offset in 0..<Self.statuses.count where requests[start + offset] > 0 {
      body(Self.statuses.lowerBound + offset, requests[start + offset])
    }
  }

  /// What the server answered before any route saw the request.
  mutating func addRefusals(_ refusals: [Int: Int]) {
    for (status, count) in refusals where Self.statuses.contains(status) {
      requests[Self.noRoute * Self.statuses.count + status - Self.statuses.lowerBound] += count
    }
  }

  /// Forgets sources and tokens that are not configured any more: what is counted by name stays
  /// bounded over any number of reloads.
  mutating func keep(sources names: Set<String>, tokens tokenNames: Set<String>) {
    sources = sources.filter { names.contains($0.key) }
    tokens = tokens.filter { tokenNames.contains($0.key) }
  }
}

extension LoopCounts.SourceCounts {
  fileprivate mutating func add(_ outcome: PageLoader.SourceOutcome) {
    scanned += outcome.report.scanned
    returned += outcome.returned
    rejected += outcome.report.rejected
    if outcome.failure != nil {
      failedPages += 1
    } else if outcome.isExhausted {
      exhaustedPages += 1
    } else {
      okPages += 1
    }
    orders[outcome.report.order, default: 0] += 1
  }
}
