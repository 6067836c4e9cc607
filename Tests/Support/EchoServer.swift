import Bytes
package import HTTP
package import Server
package import Transport

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

/// Starts an echo server on a free port of the loopback interface.
package func startEchoServer(
  loops: Int = 1, configuration: ServerConfiguration = ServerConfiguration()
) throws(TransportError) -> ServerGroup {
  try ServerGroup(
    loops: loops, address: ListenAddress(port: 0), configuration: configuration
  ) { _ in EchoHandler() }
}
