import Sessions
import Transport
import Upstream

/// A request for a window that is under way on one loop, as the others see it: they can wait for it
/// too. Shared by all loops.
final class SharedFlight: Sendable {
  let startedAt: Instant
  let deadline: Instant
  private let owner: FlightAddress
  private let state = Guarded(State())

  private struct State {
    var waiters: [FlightAddress] = []
    var hasEnded = false
  }

  init(startedAt: Instant, deadline: Instant, owner: FlightAddress) {
    self.startedAt = startedAt
    self.deadline = deadline
    self.owner = owner
  }

  /// False when it has ended, or been given up: then nothing arrives any more.
  func join(_ waiter: FlightAddress) -> Bool {
    state.withLock { state in
      if !state.hasEnded { state.waiters.append(waiter) }
      return !state.hasEnded
    }
  }

  /// The owner gives the request up if nobody is left who waits.
  func leave(_ waiter: FlightAddress) {
    let isLast = state.withLock { state in
      state.waiters.removeAll { $0 == waiter }
      return state.waiters.isEmpty && !state.hasEnded
    }
    if isLast { owner.submit { $0.leaveIfUnwanted() } }
  }

  /// Whether the request may be given up: no loop waits for it, and none can from now on.
  func closeIfUnwanted() -> Bool {
    state.withLock { state in
      if state.waiters.isEmpty { state.hasEnded = true }
      return state.hasEnded
    }
  }

  func end(_ outcome: WindowFetcher.Outcome) {
    let waiters = state.withLock { state in
      state.hasEnded = true
      return state.waiters
    }
    for waiter in waiters { waiter.submit { $0.end(outcome, requests: 0) } }
  }
}

/// The requests for windows that are under way in this process, by what they ask for: as many as the
/// sources' permits allow and calls wait for them.
final class SharedFlights: Sendable {
  private let flights = Guarded<[FlightKey: SharedFlight]>([:])

  subscript(key: FlightKey) -> SharedFlight? {
    flights.withLock { $0[key] }
  }

  /// Puts a flight in the place of one that is of no use to it, or of none. False when another loop
  /// has been faster.
  func add(_ flight: SharedFlight, _ key: FlightKey, replacing known: SharedFlight?) -> Bool {
    flights.withLock { flights in
      guard flights[key] === known else { return false }
      flights[key] = flight
      return true
    }
  }

  func remove(_ flight: SharedFlight, _ key: FlightKey) {
    flights.withLock { if $0[key] === flight { $0[key] = nil } }
  }
}

/// What a request asks for.
struct FlightKey: Hashable, Sendable {
  var list: WindowStore.ListKey
  var request: WindowRequest
}
