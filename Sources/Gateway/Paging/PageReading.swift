import Sessions
import Transport

/// One page of the list, from its parameters to what was read of all sources: what an answer and the
/// command line have in common. Loop-confined.
struct PageReading {
  /// Those that take part, in the page's order.
  let sources: [Source]
  private let traversal: Traversal
  private let loader: PageLoader
  private let signer: CursorSigner

  init(
    _ parameters: ListParameters, _ context: RequestContext, trace: RequestTrace? = nil
  ) throws(Problem) {
    let gateway = context.gateway
    let now = WallClock.now()
    traversal = try Traversal(parameters, gateway, now: now)
    let parts = context.parts(of: traversal, limit: parameters.limit)
    sources = parts.map(\.source)
    signer = gateway.signer
    loader = PageLoader(
      parts, query: parameters.query, limit: parameters.limit,
      pageBudget: gateway.configuration.query.pageBudget,
      notBefore: traversal.notBefore(gateway.store, now: now, instant: context.loop.now),
      on: context.loop, fetcher: context.fetcher, scans: context.scans, trace: trace)
  }

  /// - Parameter completion: called once, on the loop, perhaps before this returns, with the page and
  ///   the cursor of the next one, if there is more.
  func start(_ completion: @escaping (PageLoader.Page, _ nextCursor: String?) -> Void) {
    loader.load { page in
      completion(page, page.hasMore ? traversal.cursor(after: page, signer: signer) : nil)
    }
  }

  /// For `PageMemo`: nil unless reading this page again could come to the same.
  func entry(_ page: PageLoader.Page, _ presentation: PagePresentation) -> PageMemo.Entry? {
    // An ascending order ends at the time of the request, which is another each time.
    guard traversal.isFirstPage, traversal.query.order.descending, let reads = loader.keptReads,
      page.outcomes.allSatisfy({ $0.failure == nil })
    else { return nil }
    var withoutRows = page
    withoutRows.rows = []
    return PageMemo.Entry(
      reads: reads, traversal: traversal, sources: sources, page: withoutRows,
      presentation: presentation, rows: presentation.rows(page, of: sources))
  }

  /// The caller has left.
  func cancel() { loader.cancel() }
}
