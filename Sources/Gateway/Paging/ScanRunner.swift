package import Sessions
package import Transport
package import Upstream

/// Reads whole lists for the pages of one loop, in the background once a page's time is over: what a
/// scan has found is kept, so that the page after it finds it done.
package final class ScanRunner {
  package typealias Outcome = Result<ScannedList, UpstreamFailure>
  package typealias Completion = (_ outcome: Outcome, _ requests: Int) -> Void

  /// Longest that a scan may take, whoever waits for it: a bound on what an upstream that answers
  /// slowly can keep going here.
  static let longest = Duration.seconds(120)
  /// Scans at a time; each may hold `scanLimit` rows of an upstream in memory. Others wait for their
  /// turn as long as their pages do.
  static let mostAtATime = 4

  /// One page's interest in a scan.
  package final class Ticket {
    fileprivate var completion: Completion?
    /// The page is done; a scan that has begun goes on.
    package func leave() { completion = nil }
    fileprivate init(_ completion: @escaping Completion) { self.completion = completion }
  }

  private final class Run {
    let list: WindowFetcher.List
    var scan: ListScan
    var startedAt: Instant
    var requests = 0
    var waiters: [Ticket] = []
    init(_ scan: ListScan, of list: WindowFetcher.List, startedAt: Instant) {
      self.list = list
      self.scan = scan
      self.startedAt = startedAt
    }
    var isAwaited: Bool { waiters.contains { $0.completion != nil } }
  }

  private let loop: EventLoop
  private let fetcher: WindowFetcher
  private let store: WindowStore
  private var runs: [WindowStore.ListKey: Run] = [:]
  /// Those of `runs` that have not begun, the first come first.
  private var queue: [WindowStore.ListKey] = []

  package init(loop: EventLoop, fetcher: WindowFetcher, store: WindowStore) {
    self.loop = loop
    self.fetcher = fetcher
    self.store = store
  }

  /// - Parameters:
  ///   - order: what the result is sorted by; the list is read in the order of `list`.
  ///   - completion: called once, on the loop, unless the ticket is left; before this returns when
  ///     the scan was kept.
  package func scan(
    _ list: WindowFetcher.List, order: SessionOrder, rowLimit: Int, notBefore: Instant,
    completion: @escaping Completion
  ) -> Ticket? {
    let key = WindowStore.ListKey(
      source: list.key.source, target: "\(list.key.target)#\(order.key)-\(order.descending)")
    if let known = store.scan(key, notBefore: notBefore, now: loop.now) {
      completion(.success(known), 0)
      return nil
    }
    let ticket = Ticket(completion)
    if let run = runs[key] {
      run.waiters.append(ticket)
      return ticket
    }
    let settings = list.source.settings
    let run = Run(
      ListScan(
        limits: list.source.provider.windows, order: order, rowLimit: rowLimit,
        concurrency: settings.concurrency),
      of: list, startedAt: loop.now)
    run.waiters.append(ticket)
    runs[key] = run
    queue.append(key)
    startNext()
    return ticket
  }

  /// Scans that have not begun, and whose pages are over.
  private func dropUnwanted() {
    queue.removeAll { key in
      guard runs[key]?.isAwaited == false else { return false }
      runs[key] = nil
      return true
    }
  }

  private func startNext() {
    dropUnwanted()
    while runs.count - queue.count < Self.mostAtATime, !queue.isEmpty {
      let key = queue.removeFirst()
      guard let run = runs[key] else { continue }
      run.startedAt = loop.now
      goOn(run, key)
    }
  }

  private func goOn(_ run: Run, _ key: WindowStore.ListKey) {
    for request in run.scan.nextRequests() {
      fetcher.fetch(
        request, of: run.list, notBefore: run.startedAt, deadline: run.startedAt + Self.longest,
        usesStore: false
      ) { [weak self] outcome, requests in
        guard let self, runs[key] === run else { return }
        run.requests += requests
        switch outcome {
        case .success(let window):
          run.scan.receive(window, for: request)
          if run.scan.isDone {
            end(run, key, .success(run.scan.result()))
          } else {
            goOn(run, key)
          }
        case .failure(let failure): end(run, key, .failure(failure))
        }
      }
    }
  }

  private func end(_ run: Run, _ key: WindowStore.ListKey, _ outcome: Outcome) {
    runs[key] = nil
    if case .success(let list) = outcome {
      store.keep(
        list, key, startedAt: run.startedAt, endedAt: loop.now, outlivedCaller: !run.isAwaited)
    }
    for (index, ticket) in run.waiters.enumerated() {
      ticket.completion?(outcome, index == 0 ? run.requests : 0)
      ticket.completion = nil
    }
    startNext()
  }
}
