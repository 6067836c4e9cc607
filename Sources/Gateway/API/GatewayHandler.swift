package import HTTP
package import Server
package import Transport
import Upstream

/// The API on one loop: finds the route, asks who is calling, and lets the route answer.
package final class GatewayHandler: RequestHandler {
  private var context: RequestContext
  private lazy var lagTimer = LoopTimer { [weak self] in self?.measureLag() }
  private var lagDue = Instant(nanoseconds: 0)
  private var requestIDs = RequestIDs()

  package init(_ gateway: GatewayState, on loop: EventLoop) {
    context = RequestContext(gateway, on: loop)
    loop.attach(self)
    gateway.process.add(loop.handle)
    scheduleLagMeasurement()
  }

  /// Requests from now on are served from this; those under way keep what they began with.
  func adopt(_ gateway: GatewayState) {
    context = RequestContext(gateway, on: context.loop, replacing: context)
    context.metrics.counts.keep(
      sources: Set(gateway.sources.map(\.name)),
      tokens: Set(gateway.configuration.auth.tokens.map(\.name)))
  }

  func finishTracing(completion: @escaping () -> Void) {
    guard let exporter = context.tracer?.exporter else { return completion() }
    exporter.finish(completion: completion)
  }

  func addCounts(to counts: inout LoopCounts, _ upstream: inout [String: UpstreamCounts]) {
    counts.add(context.metrics.counts)
    for (source, client) in zip(context.gateway.sources, context.clients) {
      upstream[source.name, default: UpstreamCounts()].add(client.counts)
    }
  }

  // MARK: Lag

  /// Five looks a second cost nothing, and see what holds a loop up for long.
  private static let lagInterval = Duration.milliseconds(200)

  private func scheduleLagMeasurement() {
    lagDue = Instant.now() + Self.lagInterval
    context.loop.schedule(lagTimer, at: lagDue)
  }

  private func measureLag() {
    context.metrics.counts.loopLag.note(Instant.now() - lagDue)
    scheduleLagMeasurement()
  }

  // MARK: Requests

  package func handle(_ request: Request, _ responder: any Responder) {
    let exchange = APIExchange(
      request, responder, context: context, requestID: requestIDs.id(request.fields))
    exchange.trace = context.tracer?.begin(request.fields)
    do throws(Problem) {
      try answer(request, exchange)
    } catch {
      exchange.finish { () throws(Problem) in throw error }
    }
  }

  private func answer(_ request: Request, _ exchange: APIExchange) throws(Problem) {
    try context.gateway.authenticator.checkHost(request.authority)
    if request.path == "*" {
      return exchange.finish {
        CrossOrigin.preflight(request, corsOrigins, allow: Route.methods)
      }
    }
    for (index, route) in Route.all.enumerated() {
      guard let segment = route.match(request.path) else { continue }
      exchange.route = index
      if request.method == "OPTIONS" {
        return exchange.finish {
          CrossOrigin.preflight(request, corsOrigins, allow: Route.methods)
        }
      }
      guard request.method == "GET" || request.method == "HEAD" else {
        throw Problem(
          .methodNotAllowed, "this path answers \(Route.methods)", allow: Route.methods)
      }
      exchange.coding = try ContentCoding(request.fields)
      if !route.isPublic,
        !(context.gateway.configuration.metricsOpen && route.path == GetMetrics.path)
      {
        try identify(request, exchange)
      }
      guard let id = PercentCoding.decodeSegment(String(segment)) else {
        throw Problem(.badRequest, "the id in the path is not valid percent-encoded UTF-8")
      }
      return try route.answer(id, context, exchange)
    }
    // What is there and what is not is for those who may ask.
    try identify(request, exchange)
    throw Problem(.notFound, "there is nothing at this path")
  }

  private var corsOrigins: [String] { context.gateway.configuration.corsOrigins }

  private func identify(_ request: Request, _ exchange: APIExchange) throws(Problem) {
    exchange.caller = try context.gateway.authenticator.caller(request.fields)
    try context.gateway.authenticator.admit(exchange.caller)
  }
}
