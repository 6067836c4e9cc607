import Bytes
import HTTP
import Transport

/// Every path that the gateway serves.
struct Route: Sendable {
  typealias Action =
    @Sendable (
      _ request: Request, _ id: String, _ context: RequestContext, _ exchange: APIExchange
    ) throws(Problem) -> Void

  /// As in the documentation; `{id}` stands for one segment.
  let path: String
  /// Whether it answers without a token where tokens are configured: it holds no data then.
  let isPublic: Bool
  let answer: Action

  static let all: [Route] = [
    Route(path: "/v1/sessions", isPublic: false) {
      (request, _, context, exchange) throws(Problem) in
      try ListSessions(context: context).answer(request, exchange)
    },
    Route(path: "/v1/sessions/{id}", isPublic: false) {
      (request, id, context, exchange) throws(Problem) in
      try GetSession(context: context).answer(request, id: id, exchange)
    },
    Route(path: "/v1/sources", isPublic: false) { (request, _, context, exchange) throws(Problem) in
      try ListSources(context: context).answer(request, exchange)
    },
    Route(path: GetMetrics.path, isPublic: false) {
      (request, _, context, exchange) throws(Problem) in
      try GetMetrics(context: context).answer(request, exchange)
    },
    Route(path: "/healthz", isPublic: true) { (_, _, _, exchange) throws(Problem) in
      exchange.finish { state("ok") }
    },
    Route(path: "/readyz", isPublic: true) { (_, _, context, exchange) throws(Problem) in
      if context.gateway.isDraining { throw Problem(.draining, "the gateway is shutting down") }
      exchange.finish { state("ready") }
    },
  ]

  static let methods = "GET, HEAD, OPTIONS"

  private static func state(_ word: String) -> Response {
    Response(
      200,
      fields: Fields([
        ("Content-Type", "application/json"), ("Cache-Control", "no-store"),
      ]), body: ByteBuffer("{\"status\":\"\(word)\"}\n"))
  }

  /// The id in a path that this route serves; empty where the route has none, nil for other paths.
  func match(_ path: String) -> Substring? {
    guard let marker = self.path.range(of: "{id}") else { return path == self.path ? "" : nil }
    let prefix = self.path[..<marker.lowerBound]
    guard path.hasPrefix(prefix) else { return nil }
    let id = path.dropFirst(prefix.count)
    return id.isEmpty || id.contains("/") ? nil : id
  }
}

extension String {
  fileprivate func range(of marker: String) -> Range<Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(marker) {
        return start..<index(start, offsetBy: marker.count)
      }
      start = index(after: start)
    }
    return nil
  }
}
