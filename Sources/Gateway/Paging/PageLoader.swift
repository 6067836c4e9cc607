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

  /// All windows of the page in the order they were taken; nil once one was asked for, shared or had to be
  /// newer than the traversal: then the page could come out otherwise.
  package private(set) var keptReads: [Read]? = []
  private let loop: EventLoop
  private let fetcher: WindowFetcher
  private let scans: ScanRunner
  private let lists: [WindowFetcher.List]
  /// A window or scan from before this time is too old for this traversal.
  private let notBefore: Instant
  private let startedAt: Instant
  private var builder: PageBuilder
  private var outcomes: [SourceOutcome]
  private var tickets: [WindowFetcher.Ticket?]
  private var scanTickets: [ScanRunner.Ticket?]
  private var timers: [LoopTimer] = []
  private var completion: ((Page) -> Void)?
  private var isStepping = false
  /// Answers that have come, for telling one that was kept from one that is under way.
  private var arrivals = 0

  package init(
    _ parts: [Part], query: SessionQuery, limit: Int, pageBudget: Int, notBefore: Instant,
    on loop: EventLoop, fetcher: WindowFetcher, scans: ScanRunner, trace: RequestTrace? = nil
  ) {
    self.loop = loop
    self.fetcher = fetcher
    self.scans = scans
    self.notBefore = notBefore
    startedAt = loop.now
    var lists: [WindowFetcher.List] = []
    var sources: [PageBuilder.Source] = []
    var outcomes: [SourceOutcome] = []
    for part in parts {
      // What a source that has to be read in full is asked for is the order it knows best.
      let order = part.plan.direction == nil ? SessionOrder.newestFirst : query.order
      let native = part.source.provider.nativeOrder(for: order) ?? order
      let name = part.source.name
      lists.append(
        WindowFetcher.List(
          part.source, client: part.client, order: native, filter: query.filter,
          direction: part.plan.direction ?? .onward, trace: trace))
      sources.append(
        PageBuilder.Source(
          name: name, reader: SourceReader(plan: part.plan, position: part.position)))
      outcomes.append(SourceOutcome(name: name))
    }
    self.lists = lists
    self.outcomes = outcomes
    builder = PageBuilder(
      order: query.order, limit: limit, pageBudget: pageBudget, sources: sources)
    tickets = Array(repeating: nil, count: parts.count)
    scanTickets = Array(repeating: nil, count: parts.count)
  }

  /// - Parameter completion: called once, on the loop; perhaps before this returns.
  package func load(_ completion: @escaping (Page) -> Void) {
    self.completion = completion
    let asked = lists.indices.filter { !builder.isExhausted($0) }
    // One for all sources of the same patience, mostly one at all.
    for timeout in Set(asked.map { lists[$0].source.settings.timeout }) {
      // The client bounds each call; this bounds all calls of a page together, and a scan.
      // A call that ends at the same time goes first: its client knows what it waited for, and counts.
      let timer = LoopTimer { [weak self, loop] in
        loop.defer { self?.runOut(timeout) }
      }
      timers.append(timer)
      loop.schedule(timer, at: startedAt + timeout)
    }
    step()
  }

  private func runOut(_ timeout: Duration) {
    for source in lists.indices where lists[source].source.settings.timeout == timeout {
      runOut(source, timeout)
    }
  }

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
      let wanted = builder.fill()
      if builder.isDone { return finish() }
      let asked = slowestFirst(wanted).filter(ask)
      if asked.isEmpty { return }
    }
  }

  /// The page waits for the slowest source: what it costs to ask the others is spent in the meantime.
  private func slowestFirst(_ wanted: [Int]) -> [Int] {
    wanted.sorted { lists[$0].client.usualLatency > lists[$1].client.usualLatency }
  }

  /// Asks for what a source needs next; false when nothing has arrived by the time this returns.
  private func ask(_ source: Int) -> Bool {
    let arrivalsBefore = arrivals
    if builder.needsScan(source) {
      keptReads = nil
      if scanTickets[source] == nil { scan(source) }
      return arrivals != arrivalsBefore
    }
    guard let request = builder.nextRequest(source) else { return false }
    let acceptsKept = builder.acceptsKept(source)
    let deadline = startedAt + lists[source].source.settings.timeout
    var kept: Window?
    tickets[source] = fetcher.fetch(
      request, of: lists[source], notBefore: acceptsKept ? notBefore : loop.now,
      deadline: deadline
    ) { [weak self] outcome, requests in
      kept = try? outcome.get()
      self?.received(outcome, requests, from: source)
    }
    noteRead(request, source, tickets[source] == nil && acceptsKept ? kept : nil)
    return arrivals != arrivalsBefore
  }

  private func noteRead(_ request: WindowRequest, _ source: Int, _ kept: Window?) {
    guard let kept else { return keptReads = nil }
    keptReads?.append(Read(request, of: lists[source], kept))
  }

  private func scan(_ source: Int) {
    let plan = builder.sources[source].reader.plan
    scanTickets[source] = scans.scan(
      lists[source], order: plan.order, rowLimit: plan.scanLimit, notBefore: notBefore
    ) { [weak self] outcome, requests in
      guard let self else { return }
      arrivals += 1
      scanTickets[source] = nil
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
    tickets[source] = nil
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
    outcomes[source].requests += requests
    if requests > 0 { outcomes[source].latency = loop.now - startedAt }
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
    outcomes[source].failure = failure
    builder.fail(source)
  }

  /// A source that is not done by its timeout has failed on this page.
  private func runOut(_ source: Int, _ timeout: Duration) {
    let isAsked = tickets[source] != nil || scanTickets[source] != nil
    guard completion != nil, isAsked, builder.sources[source].reader.head == nil,
      !builder.sources[source].reader.isComplete, !builder.sources[source].hasFailed
    else { return }
    outcomes[source].requests += tickets[source]?.requestsSent ?? 0
    tickets[source]?.cancel()
    tickets[source] = nil
    var failure = UpstreamFailure(
      .timeout, "not done within \(timeout.wholeMilliseconds) ms")
    if scanTickets[source] != nil {
      failure.message =
        "the list is being read in full, which takes longer than "
        + "\(timeout.wholeMilliseconds) ms; it goes on in the background"
      failure.retryAfter = .seconds(2)
    }
    outcomes[source].latency = loop.now - startedAt
    fail(source, failure)
    step()
  }

  private func finish() {
    guard let completion else { return }
    self.completion = nil
    for source in outcomes.indices {
      outcomes[source].returned = builder.returned(source)
      outcomes[source].report = builder.report(source)
      outcomes[source].isExhausted = builder.isExhausted(source)
      // The page was full before this one, asked beside the others, had answered.
      outcomes[source].requests += tickets[source]?.requestsSent ?? 0
    }
    end()
    completion(
      Page(
        rows: builder.rows, hasMore: builder.hasMore, positions: builder.positions,
        outcomes: outcomes))
  }

  private func end() {
    for ticket in tickets { ticket?.cancel() }
    for ticket in scanTickets { ticket?.leave() }
    for timer in timers { loop.cancel(timer) }
    timers = []
  }
}
