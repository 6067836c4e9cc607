import Sessions
import Transport
import Upstream

/// A window on its way to the pages of one loop that wait for it: by a request of this loop, or by
/// one that another loop has made. Belongs to its loop.
final class Flight {
  let startedAt: Instant
  let deadline: Instant
  var waiters: [WindowFetcher.Ticket] = []
  /// The request, where it is this loop's.
  var call: UpstreamCall?
  /// It lives as long as its call, though a new configuration may have dropped the source.
  var client: UpstreamClient?
  var trace: CallTrace?
  /// How other loops see that request.
  var shared: SharedFlight?
  /// The request of another loop that this one waits for.
  private var joined: SharedFlight?
  private let loop: EventLoop
  /// What other loops call it, once one may have to.
  private var address: FlightAddress?
  private let ended: ((Flight) -> Void)?

  /// - Parameter ended: called when the window has come, or is not wanted any more.
  init(
    startedAt: Instant, deadline: Instant, on loop: EventLoop,
    ended: ((Flight) -> Void)? = nil
  ) {
    self.startedAt = startedAt
    self.deadline = deadline
    self.loop = loop
    self.ended = ended
  }

  private func makeAddress() -> FlightAddress {
    let made = FlightDirectory.on(loop).address(of: self, on: loop)
    address = made
    return made
  }

  /// Lets the other loops wait for this one's request.
  func share() -> SharedFlight {
    let shared = SharedFlight(startedAt: startedAt, deadline: deadline, owner: makeAddress())
    self.shared = shared
    return shared
  }

  /// Waits for a request of another loop. False when that has ended; then this has, too.
  func join(_ other: SharedFlight) -> Bool {
    guard other.join(makeAddress()) else {
      close()
      return false
    }
    joined = other
    return true
  }

  func left(by ticket: WindowFetcher.Ticket) {
    waiters.removeAll { $0 === ticket }
    leaveIfUnwanted()
  }

  /// Gives the request up unless somebody waits for it, here or on another loop.
  func leaveIfUnwanted() {
    guard waiters.isEmpty, shared?.closeIfUnwanted() ?? true else { return }
    call?.cancel()
    trace?.cancel()
    if let address { joined?.leave(address) }
    close()
  }

  /// - Parameter requests: what the window cost; the one who asked first is told.
  func end(_ outcome: WindowFetcher.Outcome, requests: Int) {
    close()
    shared?.end(outcome)
    let waiters = waiters
    self.waiters = []
    for ticket in waiters { ticket.arrived(outcome, requests) }
  }

  /// Without an outcome: nobody waits for it.
  func close() {
    if let address { FlightDirectory.on(loop).forget(address) }
    ended?(self)
  }
}

/// Names a flight on another loop.
struct FlightAddress: Equatable, Sendable {
  fileprivate let loop: EventLoop.Handle
  fileprivate let number: UInt64

  static func == (left: FlightAddress, right: FlightAddress) -> Bool {
    left.loop === right.loop && left.number == right.number
  }

  /// Runs `job` on the flight's loop, unless the flight has ended by then.
  func submit(_ job: @escaping @Sendable (Flight) -> Void) {
    loop.submit { [number] loop in
      guard let flight = FlightDirectory.on(loop).flights[number] else { return }
      job(flight)
    }
  }
}

/// The flights of one loop, for others to name them.
final class FlightDirectory {
  fileprivate var flights: [UInt64: Flight] = [:]
  private var latestNumber: UInt64 = 0

  static func on(_ loop: EventLoop) -> FlightDirectory {
    if let known = loop.attached(FlightDirectory.self) { return known }
    let made = FlightDirectory()
    loop.attach(made)
    return made
  }

  fileprivate func address(of flight: Flight, on loop: EventLoop) -> FlightAddress {
    latestNumber += 1
    flights[latestNumber] = flight
    return FlightAddress(loop: loop.handle, number: latestNumber)
  }

  fileprivate func forget(_ address: FlightAddress) { flights[address.number] = nil }
}
