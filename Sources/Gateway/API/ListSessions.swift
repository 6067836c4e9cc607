import HTTP
import Sessions

/// `GET /v1/sessions`: one page of all sources' sessions, merged.
struct ListSessions {
  let context: RequestContext

  func answer(_ exchange: APIExchange) throws(Problem) {
    let key = context.pages.map { _ in PageMemo.Key(exchange) }
    if let key, let known = context.pages?.entry(key, at: context.loop.now) {
      return answer(exchange, with: known)
    }
    let request = try context.lists.request(exchange.request.query ?? "")
    let presentation = try exchange.presentation(request)
    let limit = request.parameters.limit
    let reading = try PageReading(request, context, trace: exchange.trace)
    exchange.onCancel { reading.cancel() }
    reading.start { page, nextCursor in
      exchange.finish { () throws(Problem) in
        exchange.sourceNotes = page.outcomes.map(\.note)
        note(page, reading.sources, limit: limit)
        try PageFailure.check(page, deniesPartial: request.parameters.deniesPartial)
        var response = presentation.response(page, of: reading.sources, nextCursor: nextCursor)
        exchange.code(&response)
        if let key { keep(response, page, reading, limit: limit, key) }
        return response
      }
    }
    // While the sources are at work this costs no time. Over HTTP/2 they are asked at the end of the turn,
    // by what was deferred before.
    context.loop.defer {
      guard reading.isUnderWay else { return }
      reading.prepareCursor()
      presentation.prepare(for: reading.sources)
    }
  }

  private func keep(
    _ response: Response, _ page: PageLoader.Page, _ reading: PageReading, limit: Int,
    _ key: PageMemo.Key
  ) {
    guard let reads = reading.reads, page.outcomes.allSatisfy({ $0.failure == nil }) else {
      return
    }
    var withoutRows = page
    withoutRows.rows = []
    context.pages?.keep(
      PageMemo.Entry(
        reads: reads, page: withoutRows, notes: page.outcomes.map(\.note),
        sources: reading.sources, limit: limit, response: response,
        madeAt: context.loop.now), key)
  }

  private func answer(_ exchange: APIExchange, with known: PageMemo.Entry) {
    exchange.finish {
      for read in known.reads { context.metrics.counts.lookup(.kept, of: read.source) }
      exchange.sourceNotes = known.notes
      note(known.page, known.sources, limit: known.limit)
      return known.response
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
