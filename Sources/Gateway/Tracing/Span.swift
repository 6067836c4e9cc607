import Bytes
import Glibc
import JSON

/// A finished span. It names routes, sources and tokens; never a query, an id of a session, or a person.
struct Span {
  enum Kind: Int { case server = 2, client = 3 }

  var name: String
  var kind: Kind
  var context: TraceContext
  var parent: UInt64?
  /// Nanoseconds since 1970.
  var startedAt: UInt64
  var endedAt: UInt64
  var hasFailed: Bool
  var texts: [(name: StaticString, value: String)] = []
  var numbers: [(name: StaticString, value: Int)] = []

  init(
    name: String, kind: Kind, context: TraceContext, parent: UInt64?, startedAt: UInt64,
    endedAt: UInt64, hasFailed: Bool
  ) {
    self.name = name
    self.kind = kind
    self.context = context
    self.parent = parent
    self.startedAt = startedAt
    self.endedAt = max(startedAt, endedAt)
    self.hasFailed = hasFailed
  }
}

/// An `ExportTraceServiceRequest` in JSON (OpenTelemetry Protocol 1.3, JSON Protobuf encoding: ids in
/// hexadecimal, 64-bit numbers as strings).
enum SpanExport {
  static func body(_ spans: ArraySlice<Span>) -> ByteBuffer {
    let body = ByteBuffer(capacity: 1_024 + spans.count * 512)
    body.append("{\"resourceSpans\":[{\"resource\":{\"attributes\":[")
    append("service.name", text: "sessions-gateway", to: body)
    body.append(",")
    append("service.version", text: GatewayVersion.current, to: body)
    body.append("]},\"scopeSpans\":[{\"scope\":{\"name\":\"sessions-gateway\"},\"spans\":[")
    for (index, span) in spans.enumerated() {
      if index > 0 { body.append(",") }
      append(span, to: body)
    }
    body.append("]}]}]}")
    return body
  }

  private static func append(_ span: Span, to body: ByteBuffer) {
    body.append("{\"traceId\":")
    body.append(json: span.context.traceID)
    body.append(",\"spanId\":")
    body.append(json: TraceContext.digits(span.context.span))
    if let parent = span.parent {
      body.append(",\"parentSpanId\":")
      body.append(json: TraceContext.digits(parent))
    }
    body.append(",\"name\":")
    body.append(json: span.name)
    body.append(",\"kind\":")
    body.append(decimal: span.kind.rawValue)
    body.append(",\"startTimeUnixNano\":\"")
    body.append(decimal: span.startedAt)
    body.append("\",\"endTimeUnixNano\":\"")
    body.append(decimal: span.endedAt)
    body.append("\",\"attributes\":[")
    var isFirst = true
    for (name, value) in span.texts {
      if !isFirst { body.append(",") }
      isFirst = false
      append(name, text: value, to: body)
    }
    for (name, value) in span.numbers {
      if !isFirst { body.append(",") }
      isFirst = false
      body.append("{\"key\":\"")
      body.append(name)
      body.append("\",\"value\":{\"intValue\":\"")
      body.append(decimal: value)
      body.append("\"}}")
    }
    // STATUS_CODE_ERROR; else it is unset.
    body.append(span.hasFailed ? "],\"status\":{\"code\":2}}" : "],\"status\":{}}")
  }

  private static func append(_ name: StaticString, text: String, to body: ByteBuffer) {
    body.append("{\"key\":\"")
    body.append(name)
    body.append("\",\"value\":{\"stringValue\":")
    body.append(json: text)
    body.append("}}")
  }
}

/// Time of day as spans have it.
enum WallNanoseconds {
  static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
