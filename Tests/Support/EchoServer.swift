import Bytes
package import HTTP
package import Server

/// Answers every request with its body, or with its method and target when it has none. All that a
/// program needs to be an HTTP server is here.
package final class EchoHandler: RequestHandler {
  package init() {}

  package func handle(_ request: Request, _ responder: any Responder) {
    let query = request.query.map { "?\($0)" } ?? ""
    let line = ByteBuffer("\(request.method) \(request.path)\(query) \(request.authority)")
    responder.respond(
      Response(
        200, fields: Fields([("Content-Type", "text/plain")]), body: request.body ?? line))
  }
}
