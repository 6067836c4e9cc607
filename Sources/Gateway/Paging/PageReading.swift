import Sessions
import Transport

/// One page of the list, from its parameters to what was read of all sources: what an answer and the
/// command line have in common. Loop-confined, and an object, as closures hold it.
final class PageReading {
  /// Those that take part, in the page's order.
  let sources: [Source]
  private let traversal: Traversal
  private let loader: PageLoader

  init(
    _ request: ListRequest, _ context: RequestContext, trace: RequestTrace? = nil
  ) throws(Problem) {
    let gateway = context.gateway
    let now = WallClock.now()
    let traversal = try Traversal(request, gateway, now: now)
    self.traversal = traversal
    sources = traversal.members.map(\.source)
    let parts = traversal.members.lazy.map { member in
      PageLoader.Part(
        source: member.source, client: context.clients[member.index],
        plan: traversal.plan(member.source, gateway, limit: request.parameters.limit),
        position: member.position)
    }
    loader = PageLoader(
      parts, order: traversal.order, limit: request.parameters.limit,
      pageBudget: gateway.configuration.query.pageBudget,
      notBefore: traversal.notBefore(gateway.store, now: now, instant: context.loop.now),
      on: context.loop, fetcher: context.fetcher, scans: context.scans, trace: trace)
  }

  /// - Parameter completion: called once, on the loop, perhaps before this returns, with the page and
  ///   the cursor of the next one, if there is more.
  func start(_ completion: @escaping (PageLoader.Page, _ nextCursor: String?) -> Void) {
    loader.load { [traversal] page in
      completion(page, page.hasMore ? traversal.cursor(after: page) : nil)
    }
  }

  /// Whether sources are waited for.
  var isUnderWay: Bool { loader.isUnderWay }

  /// Does what the cursor of the next page does not need the page for.
  func prepareCursor() { traversal.prepareCursor() }

  /// The windows that all of the page came from, if reading it again while they are kept would come to
  /// the same.
  var reads: [PageLoader.Read]? {
    // An ascending order ends at the time of the request, which is another each time.
    traversal.isFirstPage && traversal.order.descending ? loader.keptReads : nil
  }

  /// The caller has left.
  func cancel() { loader.cancel() }
}
