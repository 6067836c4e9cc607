import HTTP
import Sessions

/// `GET /v1/sessions`: one page of all sources' sessions, merged.
struct ListSessions {
  let context: RequestContext

  func answer(_ exchange: APIExchange) throws(Problem) {
    let key = PageMemo.Key(exchange)
    if let known = context.pages.entry(key, at: context.loop.now) {
      return answer(exchange, with: known)
    }
    let pairs = try exchange.pairs()
    let parameters = try ListParameters(
      pairs, sources: context.gateway.sources.map(\.name),
      providers: context.gateway.providers)
    let presentation = try exchange.presentation(parameters, pairs)
    let reading = try PageReading(parameters, context, trace: exchange.trace)
    exchange.onCancel { reading.cancel() }
    reading.start { page, nextCursor in
      exchange.finish { () throws(Problem) in
        exchange.sourceNotes = page.outcomes.map(\.note)
        note(page, reading.sources, limit: parameters.limit)
        try PageFailure.check(page, deniesPartial: parameters.deniesPartial)
        guard let entry = reading.entry(page, presentation) else {
          return presentation.response(page, of: reading.sources, nextCursor: nextCursor)
        }
        context.pages.keep(entry, key)
        return presentation.response(page, entry.rows, nextCursor: nextCursor)
      }
    }
  }

  /// What reading the page anew would come to: another cursor, and the same rows.
  private func answer(_ exchange: APIExchange, with known: PageMemo.Entry) {
    exchange.finish { () throws(Problem) in
      for read in known.reads { context.metrics.counts.lookup(.kept, of: read.source) }
      exchange.sourceNotes = known.page.outcomes.map(\.note)
      note(known.page, known.sources, limit: known.presentation.parameters.limit)
      var presentation = known.presentation
      presentation.ifNoneMatch = exchange.request.fields.elements("if-none-match")
      var nextCursor: String?
      if known.page.hasMore {
        nextCursor = known.traversal.begun(at: WallClock.now())
          .cursor(after: known.page, signer: context.gateway.signer)
      }
      return presentation.response(known.page, known.rows, nextCursor: nextCursor)
    }
  }

  /// For metrics and log.
  private func note(_ page: PageLoader.Page, _ sources: [Source], limit: Int) {
    context.metrics.counts.page(page, limit: limit)
    for (source, outcome) in zip(sources, page.outcomes) {
      if let failure = outcome.failure {
        source.log.failed(failure, at: context.loop.now)
      } else if outcome.requests > 0 {
        source.log.succeeded()
      }
      if outcome.report.rejected > 0 {
        source.log.rejected(outcome.report.rejected, at: context.loop.now)
      }
    }
  }
}
