import Bytes
import HTTP
import Server
import Transport

/// An upstream that lists literal objects, in the order given, in the envelope of its provider, and
/// remembers the paths that it was asked for.
final class ScriptedSource {
  let provider: String
  let baseURL: String
  private let servers: ServerGroup
  private let script: Script

  /// - Parameter items: JSON texts of objects, with their ids.
  init(_ provider: String, _ items: [(id: String, json: String)]) throws {
    self.provider = provider
    let script = Script(provider, items)
    self.script = script
    servers = try ServerGroup(
      loops: 1, address: ListenAddress(port: 0), configuration: ServerConfiguration()
    ) { _ in ScriptedHandler(script) }
    baseURL = "http://127.0.0.1:\(servers.address.port)"
  }

  deinit { servers.stop() }

  /// Paths as they came, still encoded.
  var paths: [String] { script.paths.withLock { $0 } }

  /// Clients' connections that are open now.
  var openConnections: Int { servers.load.connectionCount }

  /// Answers everything with this from now on.
  func answerAll(_ status: Int, _ body: String) {
    script.override.withLock { $0 = (status, body) }
  }
}

private final class Script: Sendable {
  let provider: String
  let items: [(id: String, json: String)]
  let paths = Guarded<[String]>([])
  let override = Guarded<(Int, String)?>(nil)

  init(_ provider: String, _ items: [(id: String, json: String)]) {
    self.provider = provider
    self.items = items
  }

  var listPath: String {
    switch provider {
    case "alcamine": "/sessions"
    case "anam": "/v1/sessions"
    default: "/api/v0/sessions"
    }
  }

  func answer(_ request: Request) -> (Int, String) {
    paths.withLock { $0.append(request.path) }
    if let answer = override.withLock({ $0 }) { return answer }
    if request.path == listPath { return (200, list(request.query ?? "")) }
    guard request.path.hasPrefix(listPath + "/") else { return (404, "{}") }
    let segment = request.path.dropFirst(listPath.count + 1)
    guard !segment.contains("/"), let id = PercentCoding.decodeSegment(String(segment)),
      let item = items.first(where: { $0.id == id })
    else { return (404, "{}") }
    return (200, item.json)
  }

  private func list(_ query: String) -> String {
    var numbers: [String: Int] = [:]
    for pair in query.split(separator: "&") {
      let halves = pair.split(separator: "=")
      if halves.count == 2, let number = Int(halves[1]) { numbers[String(halves[0])] = number }
    }
    let limit = numbers["limit"] ?? numbers["perPage"] ?? 10
    let offset = numbers["offset"] ?? ((numbers["page"] ?? 1) - 1) * limit
    let rows = items.dropFirst(offset).prefix(limit).map(\.json).joined(separator: ",")
    let end = min(items.count, offset + limit)
    let hasMore = end < items.count
    switch provider {
    case "alcamine": return "[\(rows)]"
    case "anam":
      let last = (items.count + limit - 1) / limit
      let page = offset / limit + 1
      return """
        {"data":[\(rows)],"meta":{"total":\(items.count),"lastPage":\(last),"currentPage":\(page),\
        "perPage":\(limit),"prev":\(page > 1 ? "\(page - 1)" : "null"),\
        "next":\(page < last ? "\(page + 1)" : "null")}}
        """
    default:
      return """
        {"items":[\(rows)],"total":\(hasMore ? end + 1 : end),"limit":\(limit),\
        "offset":\(offset),"has_more":\(hasMore),"next_offset":\(hasMore ? "\(end)" : "null")}
        """
    }
  }
}

private final class ScriptedHandler: RequestHandler {
  private let script: Script

  init(_ script: Script) { self.script = script }

  func handle(_ request: Request, _ responder: any Responder) {
    let (status, body) = script.answer(request)
    responder.respond(
      Response(
        Status(rawValue: status), fields: Fields([("Content-Type", "application/json")]),
        body: ByteBuffer(body)))
  }
}
