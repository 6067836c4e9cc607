import HTTP
import Server
import Sessions
import Transport

/// One request on its way through the API: who asks, under which id, and the one answer that is
/// given, whichever way it comes about.
final class APIExchange {
  let requestID: String
  var caller = Caller(name: nil, permissions: [])
  var coding = ContentCoding.plain
  /// Per-source outcome for the log line.
  var sourceNotes: [SourceNote] = []
  /// The route's place in `Route.all`.
  var route = LoopCounts.noRoute
  /// Nil where nothing is traced.
  var trace: RequestTrace?

  private let responder: any Responder
  private let context: RequestContext
  let request: Request
  private let startedAt: Instant

  init(
    _ request: Request, _ responder: any Responder, context: RequestContext, requestID: String
  ) {
    self.request = request
    self.responder = responder
    self.context = context
    self.requestID = requestID
    startedAt = context.loop.now
  }

  func onCancel(_ body: @escaping () -> Void) {
    responder.onCancel = { [self] in
      body()
      context.metrics.counts.left(route: route)
      ended(Self.clientLeft)
    }
  }

  /// Since the request was complete.
  var elapsed: Duration { context.loop.now - startedAt }

  /// For the log alone; no answer bears it. What nginx writes for the same.
  private static let clientLeft: Status = 499

  /// The query's parameters.
  func pairs() throws(Problem) -> [Query.Pair] {
    guard let query = request.query else { return [] }
    do { return try Query.decode(query) } catch { throw Problem(error) }
  }

  /// What may be shown, or the problem that it may not.
  func presentation(_ list: ListRequest) throws(Problem) -> PagePresentation {
    try checkRaw(list.parameters.includesRaw)
    return PagePresentation(
      list, try Negotiation.format(list.parameters, request.fields),
      showsContact: caller.permissions.contains(.contact), path: request.path)
  }

  func checkRaw(_ includesRaw: Bool) throws(Problem) {
    guard !includesRaw || caller.permissions.contains(.raw) else {
      throw Problem(.forbidden, "include=raw needs the permission raw", parameter: "include")
    }
  }

  /// Gives the answer, or the problem that `make` throws.
  func finish(_ make: () throws(Problem) -> Response) {
    var response: Response
    do throws(Problem) {
      response = try make()
    } catch {
      response = error.response(requestID: requestID)
      context.metrics.counts.problem(error.kind)
    }
    revalidate(&response)
    // A problem's answer bears it already.
    if !response.fields.contains("x-request-id") {
      response.fields.append("X-Request-Id", requestID)
    }
    if context.gateway.configuration.isDemo { response.fields.append("Gateway-Mode", "demo") }
    CrossOrigin.mark(&response, request, context.gateway.configuration.corsOrigins)
    code(&response)
    context.metrics.counts.answered(
      route: route, response.status, took: Instant.now() - startedAt, token: caller.name)
    ended(response.status)
    responder.respond(response)
  }

  /// Whoever has this very answer is told so, and gets no second copy (RFC 9110, 13.1.2 and 15.4.5).
  private func revalidate(_ response: inout Response) {
    guard response.status == 200, request.fields.contains("if-none-match"),
      let tag = response.fields["etag"],
      request.fields.elements("if-none-match")
        .contains(where: { $0 == "*" || EntityTag.matches($0, tag) })
    else { return }
    response.status = 304
    response.body = nil
    response.fields.remove("Content-Type")
    response.fields.remove("Content-Encoding")
  }

  /// Packs the body where that is wanted, and says what an answer like this one depends on. Once is
  /// enough.
  func code(_ response: inout Response) {
    if !response.fields.contains("vary") {
      response.fields.append("Vary", "Accept-Encoding, Authorization, Origin")
    }
    guard let body = response.body, coding.packs(body.count),
      !response.fields.contains("content-encoding"),
      let packed = context.deflater.deflate(body)
    else { return }
    response.body = packed
    response.fields.append("Content-Encoding", "gzip")
  }

  private var routeName: String { route < Route.all.count ? Route.all[route].path : "none" }

  private func ended(_ status: Status) {
    trace?.end(
      method: request.method, route: routeName, status: status.rawValue, token: caller.name)
    log(status)
  }

  private func log(_ status: Status) {
    guard let log = context.gateway.process.log, log.writes(.info) else { return }
    let line = LogLine(.info, "request")
    line.add("request", requestID)
    line.add("method", request.method)
    line.add("route", routeName)
    line.add("status", status.rawValue)
    line.add("ms", Instant.now() - startedAt)
    if let name = caller.name { line.add("token", name) }
    if let trace { line.add("trace", trace.context.traceID) }
    // Addresses are personal data: only for who looks for a fault.
    if log.writes(.debug) { line.add("client", request.remoteAddress) }
    if !sourceNotes.isEmpty { line.add("sources", sourceNotes) }
    log.write(line.finished(log.format))
  }
}
