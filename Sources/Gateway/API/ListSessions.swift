import Bytes
import HTTP
import Sessions
import Transport
import Upstream

/// `GET /v1/sessions`: one page of all sources' sessions, merged.
struct ListSessions {
  let context: RequestContext

  func answer(_ request: Request, _ exchange: APIExchange) throws(Problem) {
    let settings = context.gateway.configuration
    let parameters = try ListParameters(
      exchange.pairs(request), sources: context.gateway.sources.map(\.name),
      providers: context.gateway.providers)
    let presentation = try exchange.presentation(request, parameters)
    let now = WallClock.now()
    let traversal = try Traversal(parameters, context.gateway, now: now)
    let parts = context.parts(of: traversal, limit: parameters.limit)
    let loader = PageLoader(
      parts, query: parameters.query, limit: parameters.limit,
      pageBudget: settings.query.pageBudget,
      notBefore: traversal.notBefore(context.gateway.store, now: now, instant: context.loop.now),
      on: context.loop, fetcher: context.fetcher, scans: context.scans, trace: exchange.trace)
    exchange.onCancel { loader.cancel() }
    loader.load { page in
      exchange.finish { () throws(Problem) in
        exchange.sourceNotes = page.outcomes.map(\.note)
        note(page, parts, limit: parameters.limit)
        try PageFailure.check(page, deniesPartial: parameters.deniesPartial)
        let cursor =
          page.hasMore ? traversal.cursor(after: page, signer: context.gateway.signer) : nil
        return presentation.response(page, parts: parts, nextCursor: cursor)
      }
    }
  }

  /// For metrics and log.
  private func note(_ page: PageLoader.Page, _ parts: [PageLoader.Part], limit: Int) {
    context.metrics.counts.page(page, limit: limit)
    for (part, outcome) in zip(parts, page.outcomes) {
      if let failure = outcome.failure {
        part.source.log.failed(failure, at: context.loop.now)
      } else if outcome.requests > 0 {
        part.source.log.succeeded()
      }
      if outcome.report.rejected > 0 {
        part.source.log.rejected(outcome.report.rejected, at: context.loop.now)
      }
    }
  }
}
