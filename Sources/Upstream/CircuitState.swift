import Transport

/// One source's circuit breaker. It opens after five failed calls in a row, lets one probe through
/// after five seconds, and doubles that pause up to a minute for each probe that fails.
struct CircuitState {
  enum Admission: Equatable {
    case pass
    /// This call decides whether the circuit closes; nobody else is let through until it ends.
    case probe
    case refused(retryAfter: Duration)
  }

  private enum Phase {
    case closed(failuresInARow: Int)
    case open(until: Instant, pause: Duration)
    case probing(pause: Duration)
  }

  private static let failuresToOpen = 5
  private static let firstPause = Duration.seconds(5)
  private static let longestPause = Duration.seconds(60)
  /// What is told to callers while a probe, which may take as long as its timeout, is under way.
  private static let pauseWhileProbing = Duration.seconds(1)

  private var phase = Phase.closed(failuresInARow: 0)

  var isOpen: Bool {
    if case .closed = phase { return false }
    return true
  }

  /// Failed calls since the last that did not; nil when it is open.
  var failuresInARow: Int? {
    if case .closed(let failures) = phase { return failures }
    return nil
  }

  /// How long calls are refused still; nil when it is closed.
  func pause(at now: Instant) -> Duration? {
    switch phase {
    case .closed: nil
    case .open(let until, _): max(.zero, until - now)
    case .probing: Self.pauseWhileProbing
    }
  }

  mutating func admit(at now: Instant) -> Admission {
    switch phase {
    case .closed: return .pass
    case .probing: return .refused(retryAfter: Self.pauseWhileProbing)
    case .open(let until, let pause):
      if now < until { return .refused(retryAfter: until - now) }
      phase = .probing(pause: pause)
      return .probe
    }
  }

  /// A call that began before the circuit opened changes nothing by ending after that.
  mutating func succeeded(asProbe: Bool) {
    if asProbe || !isOpen { phase = .closed(failuresInARow: 0) }
  }

  mutating func failed(asProbe: Bool, at now: Instant) {
    switch phase {
    case .closed(let failures):
      phase =
        failures + 1 < Self.failuresToOpen
        ? .closed(failuresInARow: failures + 1)
        : .open(until: now + Self.firstPause, pause: Self.firstPause)
    case .probing(let pause) where asProbe:
      let longer = min(pause * 2, Self.longestPause)
      phase = .open(until: now + longer, pause: longer)
    case .probing, .open: break
    }
  }

  /// The probe was given up before it told anything: the next call is one.
  mutating func abandonedProbe(at now: Instant) {
    if case .probing(let pause) = phase { phase = .open(until: now, pause: pause) }
  }
}
