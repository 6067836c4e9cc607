package import HTTP
package import Logging
package import Server
package import Transport

/// The API on one loop: finds the route, asks who is calling, and lets the route answer.
package final class GatewayHandler: RequestHandler {
  private let context: RequestContext
  private let logger: Logger
  private var random = SystemRandomNumberGenerator()
  private let idPrefix: String
  private var idCount: UInt64 = 0

  package init(_ gateway: GatewayState, on loop: EventLoop, logger: Logger) {
    context = RequestContext(gateway, on: loop)
    self.logger = logger
    idPrefix = String(UInt64.random(in: 0 ... .max, using: &random), radix: 36)
  }

  package func handle(_ request: Request, _ responder: any Responder) {
    let exchange = APIExchange(
      request, responder, context: context, logger: logger, requestID: requestID(request.fields))
    do throws(Problem) {
      try answer(request, exchange)
    } catch {
      exchange.finish { () throws(Problem) in throw error }
    }
  }

  private func answer(_ request: Request, _ exchange: APIExchange) throws(Problem) {
    let configuration = context.gateway.configuration
    try context.gateway.authenticator.checkHost(request.authority)
    if request.path == "*" {
      return exchange.finish {
        CrossOrigin.preflight(request, configuration.corsOrigins, allow: Route.methods)
      }
    }
    for route in Route.all {
      guard let segment = route.match(request.path) else { continue }
      exchange.route = route.path
      if request.method == "OPTIONS" {
        return exchange.finish {
          CrossOrigin.preflight(request, configuration.corsOrigins, allow: Route.methods)
        }
      }
      guard request.method == "GET" || request.method == "HEAD" else {
        throw Problem(
          .methodNotAllowed, "this path answers \(Route.methods)", allow: Route.methods)
      }
      exchange.coding = try ContentCoding(request.fields)
      if !route.isPublic {
        exchange.caller = try context.gateway.authenticator.caller(request.fields)
      }
      guard let id = PercentCoding.decodeSegment(segment) else {
        throw Problem(.badRequest, "the id in the path is not valid percent-encoded UTF-8")
      }
      return try route.answer(request, id, context, exchange)
    }
    // What is there and what is not is for those who may ask.
    exchange.caller = try context.gateway.authenticator.caller(request.fields)
    throw Problem(.notFound, "there is nothing at this path")
  }

  /// The caller's id if it is fit for a log line, else one of our own: a random prefix and a count.
  private func requestID(_ fields: Fields) -> String {
    let given = fields.values("x-request-id")
    if given.count == 1, let id = given.first, Self.isValid(id) { return id }
    idCount += 1
    return "\(idPrefix)-\(String(idCount, radix: 36))"
  }

  private static func isValid(_ id: String) -> Bool {
    (1...128).contains(id.utf8.count)
      && id.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2E, 0x5F, 0x2D: true
        default: false
        }
      }
  }
}
