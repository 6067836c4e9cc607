import Bytes
import HTTP

/// One provider's side of the wire: routes, parameters, credentials, envelopes and errors as its
/// pages document them. Pure; what rows there are is the data set's business.
protocol UpstreamAPI: Sendable {
  /// Path of the list; an item is one segment below it.
  var listPath: String { get }
  var objects: any SessionObjects { get }
  /// The keys that a request brings along.
  func credentials(in fields: Fields) -> [String]
  func plan(_ parameters: Parameters, now: WallTime) throws(APIProblem) -> ListPlan
  func writeList(_ page: ListPage, to text: JSONOutput, row: (Int) -> Void)
  func status(of problem: APIProblem) -> Status
  func write(_ problem: APIProblem, to text: JSONOutput)
}

extension UpstreamAPI {
  func response(to problem: APIProblem) -> Response {
    let body = ByteBuffer()
    write(problem, to: JSONOutput(body))
    return Response(status(of: problem), fields: .json, body: body)
  }

  func bearerToken(in fields: Fields) -> [String] {
    fields.values("authorization").compactMap { value in
      guard value.prefix(7).lowercased() == "bearer " else { return nil }
      return String(value.dropFirst(7).drop { $0 == " " })
    }
  }
}

/// What a list request asks for.
struct ListPlan {
  var query: SessionListQuery
  var offset: Int
  var limit: Int
  /// Whether the envelope says how many rows match in all.
  var needsTotal = false
}

/// What the envelope says of one page.
struct ListPage {
  var offset: Int
  var limit: Int
  var rows: Int
  var hasMore: Bool
  var total: Int
}

/// What a provider refuses.
enum APIProblem: Error {
  enum Rule {
    case integer
    case atLeast(Int)
    case atMost(Int)
    case uuid, boolean, time
    case oneOf([String])
  }

  case unknownPath, methodNotAllowed, unauthorized, noSuchSession, tooManyRequests
  /// An escape or its bytes are not valid.
  case malformedQuery
  case invalid(parameter: StaticString, value: String, rule: Rule)
}

extension APIProblem.Rule {
  /// What follows "limit must be".
  var expectation: String {
    switch self {
    case .integer: "an integer"
    case .atLeast(let limit): "greater than or equal to \(limit)"
    case .atMost(let limit): "less than or equal to \(limit)"
    case .uuid: "a UUID"
    case .boolean: "a boolean"
    case .time: "an ISO 8601 date or date-time"
    case .oneOf(let values): "one of \(values.joined(separator: ", "))"
    }
  }
}

extension Fields {
  static var json: Fields { Fields([("Content-Type", "application/json; charset=utf-8")]) }
}
