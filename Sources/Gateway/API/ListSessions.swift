import Bytes
import HTTP
import Sessions
import Transport
import Upstream

/// `GET /v1/sessions`: one page of all sources' sessions, merged.
struct ListSessions {
  let context: RequestContext

  func answer(_ exchange: APIExchange) throws(Problem) {
    let settings = context.gateway.configuration
    let pairs = try exchange.pairs()
    let parameters = try ListParameters(
      pairs, sources: context.gateway.sources.map(\.name),
      providers: context.gateway.providers)
    let presentation = try exchange.presentation(parameters, pairs)
    let now = WallClock.now()
    let traversal = try Traversal(parameters, context.gateway, now: now)
    let parts = context.parts(of: traversal, limit: parameters.limit)
    let loader = PageLoader(
      parts, query: parameters.query, limit: parameters.limit,
      pageBudget: settings.query.pageBudget,
      notBefore: traversal.notBefore(context.gateway.store, now: now, instant: context.loop.now),
      on: context.loop, fetcher: context.fetcher, scans: context.scans)
    exchange.onCancel { loader.cancel() }
    loader.load { page in
      exchange.finish { () throws(Problem) in
        exchange.sourceNotes = page.outcomes.map(\.note)
        try PageFailure.check(page, deniesPartial: parameters.deniesPartial)
        let cursor =
          page.hasMore ? traversal.cursor(after: page, signer: context.gateway.signer) : nil
        return presentation.response(page, parts: parts, nextCursor: cursor)
      }
    }
  }
}
