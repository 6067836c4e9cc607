import HTTP
package import Sessions
package import Transport
package import Upstream

/// Gets windows for the pages of one loop: from the store, from a request that is already under way
/// for somebody else (on any loop), or from the upstream. A caller that leaves cancels only what
/// nobody else waits for.
package final class WindowFetcher {
  package typealias Outcome = Result<Window, UpstreamFailure>
  /// - Parameter requests: upstream requests that this caller caused; 0 for what was kept or shared.
  package typealias Completion = (_ outcome: Outcome, _ requests: Int) -> Void

  /// One caller's interest in a window.
  package final class Ticket {
    private var completion: Completion?
    /// While it is waited for; it holds this ticket, too.
    fileprivate var flight: Flight?
    private let startedFlight: Bool

    fileprivate init(_ completion: @escaping Completion, startedFlight: Bool) {
      self.completion = completion
      self.startedFlight = startedFlight
    }

    /// Upstream requests that this caller has caused, while the window has not come.
    var requestsSent: Int { startedFlight ? flight?.call?.requests ?? 0 : 0 }

    /// The window is no longer wanted; the completion is not called.
    package func cancel() {
      completion = nil
      let flight = flight
      self.flight = nil
      flight?.left(by: self)
    }

    func arrived(_ outcome: Outcome, _ requests: Int) {
      flight = nil
      completion?(outcome, startedFlight ? requests : 0)
      completion = nil
    }
  }

  /// Of its own time a caller gives up so much to share a request that began earlier.
  private static let timeGivenUp = Duration.seconds(1)

  private let loop: EventLoop
  private let store: WindowStore
  private let metrics: LoopMetrics
  private var flights: [FlightKey: Flight] = [:]

  package init(loop: EventLoop, store: WindowStore, metrics: LoopMetrics = LoopMetrics()) {
    self.loop = loop
    self.store = store
    self.metrics = metrics
  }

  /// What a fetch is of: a source's list as one query sees it. An object, as many closures hold it.
  package final class List {
    package let source: Source
    package let client: UpstreamClient
    /// What it is kept and shared by.
    package private(set) lazy var key = WindowStore.ListKey(
      source: source.storeKey,
      target: source.provider.listTarget(
        WindowRequest(offset: 0, count: 1), order: order, filter: filter))
    package let order: SessionOrder
    /// Whose filter is passed on to the upstream, as far as it can be.
    private let matcher: SessionMatcher
    package let direction: WalkDirection
    var filter: SessionFilter { matcher.filter }
    /// Of the request on whose behalf it is asked.
    let trace: RequestTrace?

    /// - Parameter order: the order that the upstream is asked for.
    package init(
      _ source: Source, client: UpstreamClient, order: SessionOrder, _ matcher: SessionMatcher,
      direction: WalkDirection, trace: RequestTrace? = nil
    ) {
      self.source = source
      self.client = client
      self.order = order
      self.matcher = matcher
      self.direction = direction
      self.trace = trace
    }
  }

  /// - Parameters:
  ///   - notBefore: an answer to a request that was sent at this time or later will do.
  ///   - usesStore: whether what is kept will do, and this is to be kept. Not for a scan, whose next
  ///     window must be as the list is then: from what it has read itself it learns nothing.
  ///   - completion: called once, on the loop; before this returns when the window was kept.
  @discardableResult
  package func fetch(
    _ request: WindowRequest, of list: List, notBefore: Instant, deadline: Instant,
    usesStore: Bool = true, completion: @escaping Completion
  ) -> Ticket? {
    // Without a TTL nothing is kept or shared: what a caller is answered has been asked for it alone.
    guard store.isEnabled else {
      let flight = Flight(startedAt: loop.now, deadline: deadline, on: loop)
      return ask(request, of: list, flight, keepingIn: nil, completion)
    }
    if usesStore,
      let window = store.window(list.key, request, list.direction, notBefore: notBefore)
    {
      metrics.counts.lookup(.kept, of: list.source.name)
      completion(.success(window), 0)
      return nil
    }
    let key = FlightKey(list: list.key, request: request)
    let known = store.flights[key]
    if let flight = flight(underWay: key, known, notBefore: notBefore, deadline: deadline) {
      metrics.counts.lookup(.shared, of: list.source.name)
      return wait(for: flight, Ticket(completion, startedFlight: false))
    }
    let flight = flight(key, startedAt: loop.now, deadline: deadline)
    if !store.flights.add(flight.share(), key, replacing: known) {
      // Another loop has begun one since.
      flight.close()
      return fetch(
        request, of: list, notBefore: notBefore, deadline: deadline, usesStore: usesStore,
        completion: completion)
    }
    return ask(request, of: list, flight, keepingIn: usesStore ? store : nil, completion)
  }

  private func ask(
    _ request: WindowRequest, of list: List, _ flight: Flight, keepingIn store: WindowStore?,
    _ completion: @escaping Completion
  ) -> Ticket {
    metrics.counts.lookup(.asked, of: list.source.name)
    let ticket = wait(for: flight, Ticket(completion, startedFlight: true))
    start(flight, request, list, store)
    return ticket
  }

  /// A request for the same window that is of use to this caller.
  /// - Parameter shared: the one that all loops know of.
  private func flight(
    underWay key: FlightKey, _ shared: SharedFlight?, notBefore: Instant, deadline: Instant
  ) -> Flight? {
    func isOfUse(_ startedAt: Instant, _ end: Instant) -> Bool {
      startedAt >= notBefore && deadline - end <= Self.timeGivenUp
    }
    if let flight = flights[key], isOfUse(flight.startedAt, flight.deadline) { return flight }
    guard let shared, isOfUse(shared.startedAt, shared.deadline) else {
      return nil
    }
    let flight = flight(key, startedAt: shared.startedAt, deadline: shared.deadline)
    return flight.join(shared) ? flight : nil
  }

  private func flight(_ key: FlightKey, startedAt: Instant, deadline: Instant) -> Flight {
    let flight = Flight(startedAt: startedAt, deadline: deadline, on: loop) {
      [weak self, store] flight in
      if let shared = flight.shared { store.flights.remove(shared, key) }
      if self?.flights[key] === flight { self?.flights[key] = nil }
    }
    flights[key] = flight
    return flight
  }

  private func wait(for flight: Flight, _ ticket: Ticket) -> Ticket {
    flight.waiters.append(ticket)
    ticket.flight = flight
    return ticket
  }

  private func start(
    _ flight: Flight, _ request: WindowRequest, _ list: List, _ store: WindowStore?
  ) {
    let provider = list.source.provider
    let target = provider.listTarget(request, order: list.order, filter: list.filter)
    let trace = list.trace?.call(list.source.name)
    flight.trace = trace
    flight.client = list.client
    flight.call = list.client.get(
      target, fields: trace?.fields ?? Fields(), deadline: flight.deadline
    ) { result in
      trace?.end(result)
      switch result {
      case .failure(let failure):
        flight.end(.failure(failure), requests: failure.requests)
        return .usable
      case .success(let answer):
        guard answer.status == 200 else {
          let failure = UpstreamFailure(
            .upstreamStatus(answer.status), "the source answered \(answer.status)",
            requests: answer.requests)
          flight.end(.failure(failure), requests: answer.requests)
          return .usable
        }
        do throws(PayloadError) {
          let window = try provider.window(from: answer.body, answering: request)
          store?.keep(window, list.key, readAt: flight.startedAt)
          flight.end(.success(window), requests: answer.requests)
          return .usable
        } catch {
          let failure = UpstreamFailure(.badPayload, error.reason, requests: answer.requests)
          flight.end(.failure(failure), requests: answer.requests)
          return .badPayload(reason: error.reason)
        }
      }
    }
  }
}
