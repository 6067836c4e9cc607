import Bytes
import HTTP
import Sessions
import Transport
import Upstream

/// `GET /v1/sessions/{id}`: one session by its global id, asked from its provider.
struct GetSession {
  let context: RequestContext

  func answer(id: String, _ exchange: APIExchange) throws(Problem) {
    let reader = ParameterReader(try exchange.pairs())
    try reader.checkNames(["include", "fields"])
    let includesRaw = try reader.words("include", allowed: ["raw"]).contains("raw")
    try exchange.checkRaw(includesRaw)
    let wanted = try reader.words("fields", allowed: SessionField.allCases.map(\.rawValue))
      .compactMap(SessionField.init)
    guard let separator = id.firstIndex(of: ":"), id.index(after: separator) < id.endIndex,
      let index = context.gateway.sources.firstIndex(where: { $0.name == id[..<separator] })
    else { throw Self.notFound }
    let source = context.gateway.sources[index]
    let writer = SessionWriter(
      source.rendering, fields: wanted.isEmpty ? .all : SessionFields(wanted + [.raw]),
      includesRaw: includesRaw, showsContact: exchange.caller.permissions.contains(.contact))
    let nativeID = String(id[id.index(after: separator)...])
    // However they are encoded, these are removed from a path on its way (RFC 3986, 5.2.4); no
    // provider can have a session there.
    guard nativeID != ".", nativeID != ".." else { throw Self.notFound }
    let target = source.provider.itemTarget(nativeID: nativeID)
    let deadline = context.loop.now + source.settings.timeout
    let trace = exchange.trace?.call(source.name)
    let call = context.clients[index].get(
      target, fields: trace?.fields ?? Fields(), deadline: deadline
    ) { result in
      trace?.end(result)
      var verdict = UpstreamVerdict.usable
      note(result, source, exchange)
      exchange.finish { () throws(Problem) in
        switch result {
        case .failure(let failure): throw Problem(failure, source: source.name)
        case .success(let answer) where answer.status == 404: throw Self.notFound
        case .success(let answer):
          do throws(PayloadError) {
            let window = try source.provider.item(from: answer.body)
            return Self.response(window, writer)
          } catch {
            verdict = .badPayload(reason: error.reason)
            throw Problem(.upstreamFailed, "source \(source.name): \(error.reason)")
          }
        }
      }
      return verdict
    }
    exchange.onCancel {
      call.cancel()
      trace?.cancel()
    }
  }

  /// For log.
  private func note(
    _ result: Result<UpstreamAnswer, UpstreamFailure>, _ source: Source, _ exchange: APIExchange
  ) {
    var outcome = "ok"
    switch result {
    case .success: source.log.succeeded()
    case .failure(let failure):
      outcome = failure.code.name
      source.log.failed(failure, at: context.loop.now)
    }
    exchange.sourceNotes = [
      SourceNote(source: source.name, outcome: outcome, duration: exchange.elapsed)
    ]
  }

  private static let notFound = Problem(.notFound, "there is no session of this id")

  private static func response(_ window: Window, _ writer: SessionWriter) -> Response {
    let body = ByteBuffer(capacity: 2_048)
    if !window.rows.isEmpty { writer.write(window.session(0), of: window, to: body) }
    body.append("\n")
    let fields = Fields([
      ("Content-Type", "application/json"), ("Cache-Control", "private, no-cache"),
    ])
    return Response(200, fields: fields, body: body)
  }
}
