import HTTP
import Transport
import Upstream

/// One loop's traces. There is none unless `tracing` asks for one, so that without it a request pays
/// for a look at nil.
final class Tracer {
  let loop: EventLoop
  let propagates: Bool
  /// Nil where traces are passed on only.
  let exporter: SpanExporter?
  fileprivate var random = SystemRandomNumberGenerator()

  init?(_ gateway: GatewayState, on loop: EventLoop, metrics: LoopMetrics) {
    let settings = gateway.configuration.tracing
    guard settings.endpoint != nil || settings.propagate else { return nil }
    self.loop = loop
    propagates = settings.propagate
    exporter = settings.endpoint.map {
      SpanExporter(to: $0, tls: gateway.collectorTLS, gateway.process, on: loop, metrics: metrics)
    }
  }

  /// The trace that the caller speaks of, or one of our own where spans are exported.
  func begin(_ fields: Fields) -> RequestTrace? {
    let given = fields.values("traceparent")
    let parent = given.count == 1 ? TraceContext(given[0]) : nil
    if parent == nil, exporter == nil { return nil }
    var context = parent ?? TraceContext(using: &random)
    if parent != nil { context.span = newSpan() }
    return RequestTrace(context, parent: parent?.span, tracer: self)
  }

  fileprivate func newSpan() -> UInt64 { .random(in: 1 ... .max, using: &random) }
}

/// One request's place in its trace, and the span that is made of it.
package final class RequestTrace {
  let context: TraceContext
  private let parent: UInt64?
  private let tracer: Tracer
  private let startedAt = WallNanoseconds.now()

  fileprivate init(_ context: TraceContext, parent: UInt64?, tracer: Tracer) {
    self.context = context
    self.parent = parent
    self.tracer = tracer
  }

  /// A call of a source on behalf of this request.
  func call(_ source: String) -> CallTrace {
    var context = context
    context.span = tracer.newSpan()
    return CallTrace(context, parent: self.context.span, source: source, tracer: tracer)
  }

  func end(method: String, route: String, status: Int, token: String?) {
    guard context.isSampled, let exporter = tracer.exporter else { return }
    var span = Span(
      name: "\(method) \(route)", kind: .server, context: context, parent: parent,
      startedAt: startedAt, endedAt: WallNanoseconds.now(), hasFailed: status >= 500)
    span.texts = [("http.request.method", method), ("http.route", route)]
    if let token { span.texts.append(("sessions_gateway.token", token)) }
    span.numbers = [("http.response.status_code", status)]
    exporter.add(span)
  }
}

/// One call of a source: what it is told, and the span that is made of it.
final class CallTrace {
  /// For the upstream's request; none unless the trace is passed on.
  let fields: Fields
  private let context: TraceContext
  private let parent: UInt64
  private let source: String
  private let tracer: Tracer
  private let startedAt = WallNanoseconds.now()
  private var hasEnded = false

  fileprivate init(_ context: TraceContext, parent: UInt64, source: String, tracer: Tracer) {
    self.context = context
    self.parent = parent
    self.source = source
    self.tracer = tracer
    fields = tracer.propagates ? Fields([("traceparent", context.text)]) : Fields()
  }

  func end(_ result: Result<UpstreamAnswer, UpstreamFailure>) {
    switch result {
    case .success(let answer): end(answer.status == 404 ? "notFound" : "ok", answer.requests)
    case .failure(let failure): end(failure.code.name, failure.requests, hasFailed: true)
    }
  }

  func cancel() { end("canceled", nil) }

  private func end(_ outcome: String, _ requests: Int?, hasFailed: Bool = false) {
    guard !hasEnded, context.isSampled, let exporter = tracer.exporter else { return }
    hasEnded = true
    var span = Span(
      name: "ask \(source)", kind: .client, context: context, parent: parent,
      startedAt: startedAt, endedAt: WallNanoseconds.now(), hasFailed: hasFailed)
    span.texts = [("sessions_gateway.source", source), ("sessions_gateway.outcome", outcome)]
    if let requests { span.numbers = [("sessions_gateway.upstream_requests", requests)] }
    exporter.add(span)
  }
}
