import HTTP
import Sessions

/// `GET /v1/sessions`: one page of all sources' sessions, merged.
struct ListSessions {
  let context: RequestContext

  func answer(_ exchange: APIExchange) throws(Problem) {
    let pairs = try exchange.pairs()
    let parameters = try ListParameters(
      pairs, sources: context.gateway.sources.map(\.name),
      providers: context.gateway.providers)
    let presentation = try exchange.presentation(parameters, pairs)
    let reading = try PageReading(parameters, context)
    exchange.onCancel { reading.cancel() }
    reading.start { page, nextCursor in
      exchange.finish { () throws(Problem) in
        exchange.sourceNotes = page.outcomes.map(\.note)
        try PageFailure.check(page, deniesPartial: parameters.deniesPartial)
        return presentation.response(page, of: reading.sources, nextCursor: nextCursor)
      }
    }
  }
}
