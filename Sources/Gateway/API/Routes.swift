import Bytes
import HTTP
import Transport
import Web

/// Every path that the gateway serves.
package struct Route: Sendable {
  typealias Action =
    @Sendable (
      _ id: String, _ context: RequestContext, _ exchange: APIExchange
    ) throws(Problem) -> Void

  /// As in the documentation; `{id}` stands for the last segment.
  package let path: String
  /// Whether it answers without a token where tokens are configured: it holds no data then.
  package let isPublic: Bool
  let answer: Action
  /// What stands before `{id}`; nil where the path has none.
  private let idPrefix: Substring?

  init(path: String, isPublic: Bool, answer: @escaping Action) {
    self.path = path
    self.isPublic = isPublic
    self.answer = answer
    idPrefix = path.hasSuffix("{id}") ? path.dropLast("{id}".count) : nil
  }

  package static let all: [Route] = api + WebFile.all.map(web)

  private static let api: [Route] = [
    Route(path: "/v1/sessions", isPublic: false) { (_, context, exchange) throws(Problem) in
      try ListSessions(context: context).answer(exchange)
    },
    Route(path: "/v1/sessions/{id}", isPublic: false) { (id, context, exchange) throws(Problem) in
      try GetSession(context: context).answer(id: id, exchange)
    },
    Route(path: "/v1/sources", isPublic: false) { (_, context, exchange) throws(Problem) in
      try ListSources(context: context).answer(exchange)
    },
    Route(path: GetMetrics.path, isPublic: false) { (_, context, exchange) throws(Problem) in
      try GetMetrics(context: context).answer(exchange)
    },
    Route(path: "/healthz", isPublic: true) { (_, _, exchange) throws(Problem) in
      exchange.finish { state("ok") }
    },
    Route(path: "/readyz", isPublic: true) { (_, context, exchange) throws(Problem) in
      if context.gateway.isDraining { throw Problem(.draining, "the gateway is shutting down") }
      exchange.finish { state("ready") }
    },
  ]

  /// The explorer, the reference, the document that it shows, and what they are made of.
  private static func web(_ file: WebFile) -> Route {
    let page = GetWebFile(file)
    return Route(path: file.path, isPublic: true) { (_, _, exchange) throws(Problem) in
      page.answer(exchange)
    }
  }

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
    guard let idPrefix else { return path == self.path ? "" : nil }
    guard path.hasPrefix(idPrefix) else { return nil }
    let id = path.dropFirst(idPrefix.count)
    return id.isEmpty || id.contains("/") ? nil : id
  }
}
