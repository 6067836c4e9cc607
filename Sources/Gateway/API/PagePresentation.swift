import Bytes
import HTTP
import JSON
import Sessions
import Transport
import Upstream

/// Writes one page as an answer, in the format and with the fields and permissions of the request. An
/// object, as closures hold it.
final class PagePresentation {
  private let list: ListRequest
  private let format: ListParameters.Format
  private let showsContact: Bool
  private let path: String
  private var rows: PageRows?

  init(
    _ list: ListRequest, _ format: ListParameters.Format, showsContact: Bool, path: String
  ) {
    self.list = list
    self.format = format
    self.showsContact = showsContact
    self.path = path
  }

  /// Does what the answer needs of the request alone.
  func prepare(for sources: [Source]) {
    _ = rows(of: sources)
    _ = list.nextQueryStart
  }

  private func rows(of sources: [Source]) -> PageRows {
    if let rows { return rows }
    let made = PageRows(list.parameters, of: sources, showsContact: showsContact)
    rows = made
    return made
  }

  /// Bytes that a session takes in an answer, without `raw`: what is reserved for each.
  private static let usualSession = 1_000

  func response(
    _ page: PageLoader.Page, of sources: [Source], nextCursor: String?
  ) -> Response {
    let body = ByteBuffer(capacity: (page.rows.count + 1) * Self.usualSession)
    if format == .json { body.append("{\"data\":[") }
    let data = rows(of: sources).write(page.rows, as: format, to: body)
    let tag = EntityTag.weak(
      body[data], format, hasMore: page.hasMore,
      failed: page.outcomes.filter { $0.failure != nil }.map(\.name))
    if format == .json {
      body.append("]")
      writeRest(page, nextCursor, to: body)
      body.append("}\n")
    }
    return Response(200, fields: fields(page, nextCursor, tag), body: body)
  }

  private var contentType: String {
    switch format {
    case .json: "application/json"
    case .ndjson: "application/x-ndjson"
    case .csv: "text/csv; charset=utf-8; header=present"
    }
  }

  private func writeRest(
    _ page: PageLoader.Page, _ nextCursor: String?, to body: ByteBuffer
  ) {
    body.append(",\"page\":{\"limit\":")
    body.append(decimal: list.parameters.limit)
    body.append(",\"hasMore\":")
    body.append(json: page.hasMore)
    body.append(",\"nextCursor\":")
    if let nextCursor { body.append(json: nextCursor) } else { body.appendNull() }
    body.append("},\"partial\":")
    body.append(json: page.isPartial)
    body.append(",\"sources\":{")
    for (index, outcome) in page.outcomes.enumerated() {
      if index > 0 { body.append(",") }
      body.append(json: outcome.name)
      body.append(":")
      write(outcome, to: body)
    }
    body.append("}")
  }

  private func write(_ outcome: PageLoader.SourceOutcome, to body: ByteBuffer) {
    body.append("{\"state\":")
    body.append(json: outcome.state)
    body.append(",\"returned\":")
    body.append(decimal: outcome.returned)
    body.append(",\"scanned\":")
    body.append(decimal: outcome.report.scanned)
    body.append(",\"rejected\":")
    body.append(decimal: outcome.report.rejected)
    body.append(",\"upstreamRequests\":")
    body.append(decimal: outcome.requests)
    body.append(",\"latencyMs\":")
    body.append(decimal: outcome.latency.wholeMilliseconds)
    body.append(",\"order\":")
    body.append(json: outcome.report.order.rawValue)
    body.append(",\"total\":")
    if let total = outcome.report.total {
      body.append("{\"value\":")
      body.append(decimal: total.value)
      body.append(total.isExact ? ",\"relation\":\"exact\"}" : ",\"relation\":\"atLeast\"}")
    } else {
      body.appendNull()
    }
    if let failure = outcome.failure {
      body.append(",\"error\":{\"code\":")
      body.append(json: failure.code.name)
      body.append(",\"message\":")
      body.append(json: failure.message)
      body.append(",\"retryAfterMs\":")
      if let delay = failure.retryAfter {
        body.append(decimal: delay.wholeMilliseconds)
      } else {
        body.appendNull()
      }
      body.append("}")
    }
    body.append("}")
  }

  private func fields(
    _ page: PageLoader.Page, _ nextCursor: String?, _ tag: String
  ) -> Fields {
    var fields = Fields([
      ("Content-Type", contentType), ("ETag", tag), ("Cache-Control", "private, no-cache"),
      ("Vary", "Accept, Accept-Encoding, Authorization, Origin"),
    ])
    fields.append("Server-Timing", timing(page.outcomes))
    if let nextCursor {
      fields.append("Link", "<\(path)?\(list.nextQueryStart)\(nextCursor)>; rel=\"next\"")
    }
    if format != .json { fields.append("Gateway-Partial", page.isPartial ? "true" : "false") }
    // Nothing came, and only because a source failed: the caller should wait before asking on.
    if page.rows.isEmpty, let failure = page.outcomes.lazy.compactMap(\.failure).first {
      fields.append("Retry-After", String(Problem.seconds(failure.retryAfter ?? .seconds(1))))
    }
    return fields
  }

  /// What each source took (Server Timing, 3).
  private func timing(_ outcomes: [PageLoader.SourceOutcome]) -> String {
    let text = ByteBuffer(capacity: 128)
    for (index, outcome) in outcomes.enumerated() {
      if index > 0 { text.append(", ") }
      text.append(outcome.name)
      text.append(";dur=")
      text.append(decimal: outcome.latency.wholeMilliseconds)
    }
    return text.text
  }
}

extension PageLoader.SourceOutcome {
  /// For the request's log line.
  var note: SourceNote {
    SourceNote(source: name, outcome: failure?.code.name ?? state, duration: latency)
  }

  package var state: String {
    failure != nil ? "failed" : isExhausted ? "exhausted" : "ok"
  }
}
