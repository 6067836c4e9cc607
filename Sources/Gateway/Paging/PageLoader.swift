package import Sessions
package import Transport
package import Upstream

/// Loads one page: starts a reader per source, asks for the windows that the merge needs, all sources
/// at once, and ends when the page is full or nothing more can be had. Loop-confined.
package final class PageLoader {
  /// How a source fared on this page.
  package struct SourceOutcome: Sendable {
    package var name: String
    package var returned = 0
    package var report = SourceReader.Report()
    package var isExhausted = false
    package var requests = 0
    package var latency = Duration.zero
    package var failure: UpstreamFailure?
  }

  package struct Page: Sendable {
    package var rows: [(source: Int, row: SourceRow)]
    package var hasMore: Bool
    package var positions: [SourcePosition]
    package var outcomes: [SourceOutcome]

    package var isPartial: Bool {
      outcomes.contains { $0.failure != nil || $0.report.order == .truncated }
    }
  }

  /// One source's part in a page.
  package struct Part {
    package var source: Source
    package var client: UpstreamClient
    package var plan: SourcePlan
    package var position: SourcePosition
    package init(
      source: Source, client: UpstreamClient, plan: SourcePlan, position: SourcePosition
    ) {
      self.source = source
      self.client = client
      self.plan = plan
      self.position = position
    }
  }

  /// A window that a page took from the store. `window` is weak: who repeats the page does not keep it.
  package final class Read {
    package let source: String
    package let key: WindowStore.ListKey
    package let request: WindowRequest
    package let direction: WalkDirection
    package private(set) weak var window: Window?

    fileprivate init(_ request: WindowRequest, of list: WindowFetcher.List, _ window: Window) {
      source = list.source.name
      key = list.key
      self.request = request
      direction = list.direction
      self.window = window
    }
  }

  /// A source on this page, by the order of the page's parts.
  private struct Member {
    let list: WindowFetcher.List
    var outcome: SourceOutcome
    /// What is waited for.
    var ticket: WindowFetcher.Ticket?
    var scanTicket: ScanRunner.Ticket?

    var timeout: Duration { list.source.settings.timeout }
  }

  /// All windows of the page in the order they were taken; nil once one was asked for, shared or had to be
  /// newer than the traversal: then the page could come out otherwise.
  package private(set) var keptReads: [Read]? = []
  private let loop: EventLoop
  private let fetcher: WindowFetcher
  private let scans: ScanRunner
  private var members: [Member] = []
  /// A window or scan from before this time is too old for this traversal.
  private let notBefore: Instant
  private let startedAt: Instant
  private var builder: PageBuilder
  private var timers: [LoopTimer] = []
  private var completion: ((Page) -> Void)?
  private var isStepping = false
  /// Answers that have come, for telling one that was kept from one that is under way.
  private var arrivals = 0

  package init(
    _ parts: some Collection<Part>, order: SessionOrder, limit: Int, pageBudget: Int,
    notBefore: Instant,
    on loop: EventLoop, fetcher: WindowFetcher, scans: ScanRunner, trace: RequestTrace? = nil
  ) {
    self.loop = loop
    self.fetcher = fetcher
    self.scans = scans
    self.notBefore = notBefore
    startedAt = loop.now
    var sources: [PageBuilder.Source] = []
    sources.reserveCapacity(parts.count)
    members.reserveCapacity(parts.count)
    for part in parts {
      // What a source that has to be read in full is asked for is the order it knows best.
      let wanted = part.plan.direction == nil ? SessionOrder.newestFirst : order
      let list = WindowFetcher.List(
        part.source, client: part.client,
        order: part.source.provider.nativeOrder(for: wanted) ?? wanted, part.plan.matcher,
        direction: part.plan.direction ?? .onward, trace: trace)
      members.append(Member(list: list, outcome: SourceOutcome(name: part.source.name)))
      sources.append(
        PageBuilder.Source(
          idPrefix: part.source.idPrefix,
          reader: SourceReader(plan: part.plan, position: part.position)))
    }
    builder = PageBuilder(
      order: order, limit: limit, pageBudget: pageBudget, sources: sources)
  }

  /// - Parameter completion: called once, on the loop; perhaps before this returns.
  package func load(_ completion: @escaping (Page) -> Void) {
    self.completion = completion
    step()
    if isUnderWay { armTimers() }
  }

  /// One for all sources of the same patience, mostly one at all.
  private func armTimers() {
    for (index, member) in members.enumerated()
    where !members[..<index].contains(where: { $0.timeout == member.timeout }) {
      let timeout = member.timeout
      // The client bounds each call; this bounds all calls of a page together, and a scan.
      // A call that ends at the same time goes first: its client knows what it waited for, and counts.
      let timer = LoopTimer { [weak self, loop] in
        loop.defer { self?.runOut(timeout) }
      }
      timers.append(timer)
      loop.schedule(timer, at: startedAt + timeout)
    }
  }

  private func runOut(_ timeout: Duration) {
    for source in members.indices where members[source].timeout == timeout {
      runOut(source, timeout)
    }
  }

  package var isUnderWay: Bool { completion != nil }

  /// The caller has left: what nobody else waits for is canceled.
  package func cancel() {
    completion = nil
    end()
  }

  private func step() {
    // A window that was kept arrives before `fetch` returns; the loop below sees it.
    guard !isStepping else { return }
    isStepping = true
    defer { isStepping = false }
    while completion != nil {
      guard let wanted = builder.fill() else { return finish() }
      let asked = slowestFirst(wanted).filter(ask)
      if asked.isEmpty { return }
    }
  }

  /// The page waits for the slowest source: what it costs to ask the others is spent in the meantime.
  private func slowestFirst(_ wanted: [Int]) -> [Int] {
    wanted.sorted { members[$0].list.client.usualLatency > members[$1].list.client.usualLatency }
  }

  /// Asks for what a source needs next; false when nothing has arrived by the time this returns.
  private func ask(_ source: Int) -> Bool {
    let arrivalsBefore = arrivals
    if builder.needsScan(source) {
      keptReads = nil
      if members[source].scanTicket == nil { scan(source) }
      return arrivals != arrivalsBefore
    }
    guard let request = builder.nextRequest(source) else { return false }
    let acceptsKept = builder.acceptsKept(source)
    let deadline = startedAt + members[source].timeout
    var kept: Window?
    members[source].ticket = fetcher.fetch(
      request, of: members[source].list, notBefore: acceptsKept ? notBefore : loop.now,
      deadline: deadline
    ) { [weak self] outcome, requests in
      kept = try? outcome.get()
      self?.received(outcome, requests, from: source)
    }
    noteRead(request, source, members[source].ticket == nil && acceptsKept ? kept : nil)
    return arrivals != arrivalsBefore
  }

  private func noteRead(_ request: WindowRequest, _ source: Int, _ kept: Window?) {
    guard let kept else { return keptReads = nil }
    keptReads?.append(Read(request, of: members[source].list, kept))
  }

  private func scan(_ source: Int) {
    let plan = builder.sources[source].reader.plan
    members[source].scanTicket = scans.scan(
      members[source].list, order: plan.order, rowLimit: plan.scanLimit, notBefore: notBefore
    ) { [weak self] outcome, requests in
      guard let self else { return }
      arrivals += 1
      members[source].scanTicket = nil
      note(requests, source)
      switch outcome {
      case .success(let list): builder.receive(scan: list, from: source)
      case .failure(let failure): fail(source, failure)
      }
      step()
    }
  }

  private func received(_ outcome: WindowFetcher.Outcome, _ requests: Int, from source: Int) {
    arrivals += 1
    members[source].ticket = nil
    note(requests, source)
    switch outcome {
    case .success(let window):
      do throws(SourceReader.Fault) {
        try builder.receive(window, from: source)
      } catch {
        fail(source, Self.failure(error))
      }
    case .failure(let failure): fail(source, failure)
    }
    step()
  }

  private func note(_ requests: Int, _ source: Int) {
    members[source].outcome.requests += requests
    if requests > 0 { members[source].outcome.latency = loop.now - startedAt }
  }

  private static func failure(_ fault: SourceReader.Fault) -> UpstreamFailure {
    switch fault {
    case .ignoresPaging:
      UpstreamFailure(.badPayload, "the source gives the same rows whatever page is asked for")
    case .emptyWithMore:
      UpstreamFailure(.badPayload, "the source says that there is more, and gives nothing")
    case .placeNotFound:
      UpstreamFailure(.badPayload, "the source's list changes faster than it can be read")
    }
  }

  private func fail(_ source: Int, _ failure: UpstreamFailure) {
    members[source].outcome.failure = failure
    builder.fail(source)
  }

  /// A source that is not done by its timeout has failed on this page.
  private func runOut(_ source: Int, _ timeout: Duration) {
    let isAsked = members[source].ticket != nil || members[source].scanTicket != nil
    guard completion != nil, isAsked, builder.sources[source].reader.head == nil,
      !builder.sources[source].reader.isComplete, !builder.sources[source].hasFailed
    else { return }
    members[source].outcome.requests += members[source].ticket?.requestsSent ?? 0
    members[source].ticket?.cancel()
    members[source].ticket = nil
    var failure = UpstreamFailure(
      .timeout, "not done within \(timeout.wholeMilliseconds) ms")
    if members[source].scanTicket != nil {
      failure.message =
        "the list is being read in full, which takes longer than "
        + "\(timeout.wholeMilliseconds) ms; it goes on in the background"
      failure.retryAfter = .seconds(2)
    }
    members[source].outcome.latency = loop.now - startedAt
    fail(source, failure)
    step()
  }

  private func finish() {
    guard let completion else { return }
    self.completion = nil
    // Not by way of `self`: what is asked there is copied each time.
    let builder = builder
    for source in members.indices {
      members[source].outcome.returned = builder.returned(source)
      members[source].outcome.report = builder.report(source)
      members[source].outcome.isExhausted = builder.isExhausted(source)
      // The page was full before this one, asked beside the others, had answered.
      members[source].outcome.requests += members[source].ticket?.requestsSent ?? 0
    }
    end()
    completion(
      Page(
        rows: builder.rows, hasMore: builder.hasMore, positions: builder.positions,
        outcomes: members.map(\.outcome)))
  }

  private func end() {
    for member in members {
      member.ticket?.cancel()
      member.scanTicket?.leave()
    }
    for timer in timers { loop.cancel(timer) }
    timers = []
  }
}
