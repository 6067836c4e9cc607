import HTTP
import Logging
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
  var sourceNotes: [String] = []

  private let responder: any Responder
  private let context: RequestContext
  private let logger: Logger
  let request: Request
  private let startedAt: Instant
  var route = "-"

  init(
    _ request: Request, _ responder: any Responder, context: RequestContext, logger: Logger,
    requestID: String
  ) {
    self.request = request
    self.responder = responder
    self.context = context
    self.logger = logger
    self.requestID = requestID
    startedAt = context.loop.now
  }

  func onCancel(_ body: @escaping () -> Void) { responder.onCancel = body }

  /// The query's parameters.
  func pairs() throws(Problem) -> [Query.Pair] {
    guard let query = request.query else { return [] }
    do { return try Query.decode(query) } catch { throw Problem(error) }
  }

  /// What may be shown, or the problem that it may not.
  func presentation(
    _ parameters: ListParameters, _ pairs: [Query.Pair]
  ) throws(Problem) -> PagePresentation {
    try checkRaw(parameters.includesRaw)
    return PagePresentation(
      parameters: parameters, format: try Negotiation.format(parameters, request.fields),
      showsContact: caller.permissions.contains(.contact), path: request.path,
      pairs: pairs, ifNoneMatch: request.fields.elements("if-none-match"))
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
    }
    response.fields.set("X-Request-Id", requestID)
    if context.gateway.configuration.isDemo { response.fields.append("Gateway-Mode", "demo") }
    CrossOrigin.mark(&response, request, context.gateway.configuration.corsOrigins)
    code(&response)
    log(response.status)
    responder.respond(response)
  }

  /// Packs the body where that is wanted, and says what an answer like this one depends on.
  private func code(_ response: inout Response) {
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

  private func log(_ status: Status) {
    guard logger.logLevel <= .info else { return }
    var metadata: Logger.Metadata = [
      "request": .string(requestID), "status": .stringConvertible(status.rawValue),
      "ms": .string(Self.milliseconds(Instant.now() - startedAt)),
    ]
    if let name = caller.name { metadata["token"] = .string(name) }
    // Addresses are personal data: only for who looks for a fault.
    if logger.logLevel <= .debug { metadata["client"] = .string(request.remoteAddress) }
    if !sourceNotes.isEmpty { metadata["sources"] = .string(sourceNotes.joined(separator: " ")) }
    logger.info("\(request.method) \(route)", metadata: metadata)
  }

  private static func milliseconds(_ duration: Duration) -> String {
    let tenths = duration.wholeNanoseconds / 100_000
    return "\(tenths / 10).\(tenths % 10)"
  }
}
