import Glibc
package import Transport

/// What all loops share of one source: its circuit, its pace, its retry budget, who may send, and how
/// it is doing. Each is a pure state machine; one lock keeps them, held for a hundred instructions at most.
package final class UpstreamShared: Sendable {
  package let configuration: UpstreamConfiguration
  let resolver: HostResolver
  /// Nil for plain HTTP.
  let tls: TLSContext?
  private let state: Guarded<State>

  private struct State {
    var circuit = CircuitState()
    var budget = RetryBudgetState()
    var health = HealthState()
    var pace: PaceState
    var permits: PermitState
  }

  /// Reads the certificate files: throws when one is missing or unusable.
  /// - Parameter previous: what asked the same source until now, whose word on when to ask next holds.
  package init(
    _ configuration: UpstreamConfiguration, resolver: HostResolver,
    continuing previous: UpstreamShared? = nil
  ) throws(TransportError) {
    self.configuration = configuration
    self.resolver = resolver
    let files = configuration.tls
    tls =
      configuration.origin.isSecure
      ? try TLSContext(
        clientTrusting: files.caFile, certificateFile: files.clientCertificateFile,
        keyFile: files.clientKeyFile, verifiesServer: files.verifiesServer,
        protocols: configuration.allowsHTTP2 ? ["h2", "http/1.1"] : ["http/1.1"])
      : nil
    var pace = PaceState(limit: configuration.rateLimit)
    if let previous, previous.configuration.origin == configuration.origin {
      pace.waitUntil(previous.notBefore)
    }
    state = Guarded(
      State(
        pace: pace,
        permits: PermitState(limit: max(1, configuration.concurrency))))
  }

  /// A copy of how the source is doing.
  package var health: UpstreamHealth {
    let now = Instant.now()
    return state.withLock {
      $0.health.snapshot($0.circuit, $0.pace, $0.permits, $0.budget, at: now)
    }
  }

  // MARK: Before a request

  enum Entry {
    case started(asProbe: Bool)
    /// A permit will be handed to the loop.
    case queued
    case refused(retryAfter: Duration)
  }

  /// Asks for a permit, if the circuit lets the call pass.
  /// - Parameters:
  ///   - mayStart: no other call of this loop waits.
  ///   - queues: the loop does not await a permit that it has no use for yet.
  func enter(
    _ loop: EventLoop.Handle, mayStart: Bool, queues: Bool, at now: Instant
  ) -> Entry {
    state.withLock { state in
      guard mayStart, state.permits.take() else {
        // A copy is asked, which makes no probe of it: that is decided when the permit comes.
        var circuit = state.circuit
        if case .refused(let delay) = circuit.admit(at: now) {
          return .refused(retryAfter: delay)
        }
        if queues { state.permits.wait(loop) }
        return .queued
      }
      switch state.circuit.admit(at: now) {
      case .pass: return .started(asProbe: false)
      case .probe: return .started(asProbe: true)
      case .refused(let delay):
        // Nobody waits, else the permit had not been free.
        _ = state.permits.giveBack(from: loop)
        return .refused(retryAfter: delay)
      }
    }
  }

  /// Asks the circuit on behalf of a call that waited and has been handed a permit.
  func enterWithPermit(at now: Instant) -> CircuitState.Admission {
    state.withLock { $0.circuit.admit(at: now) }
  }

  /// The loop that the permit goes to, if one waits.
  func givePermitBack(from loop: EventLoop.Handle) -> EventLoop.Handle? {
    state.withLock { $0.permits.giveBack(from: loop) }
  }

  func takeTurn(at now: Instant, before deadline: Instant) -> PaceState.Turn {
    state.withLock { $0.pace.takeTurn(at: now, before: deadline) }
  }

  /// The time before which a source has forbidden to ask.
  var notBefore: Instant { state.withLock { $0.pace.notBefore } }

  /// - Parameter isFirst: of its call; the budget of retries counts calls.
  func countRequest(isFirst: Bool, isRetry: Bool, at now: Instant) {
    state.withLock { state in
      state.health.requests += 1
      if isRetry { state.health.retries += 1 }
      if isFirst { state.budget.countRequest(at: now) }
    }
  }

  func takeRetry(at now: Instant) -> Bool {
    state.withLock { $0.budget.takeRetry(at: now) }
  }

  // MARK: After it

  func told(_ advice: RateLimitAdvice, answering number: Int, at now: Instant) {
    state.withLock { $0.pace.told(advice, answering: number, at: now) }
  }

  func told(retryAfter delay: Duration, at now: Instant) {
    state.withLock { $0.pace.told(retryAfter: delay, at: now) }
  }

  func succeeded(latency: Duration, asProbe: Bool) {
    let wall = WallClock.millisecondsSince1970()
    state.withLock { state in
      state.circuit.succeeded(asProbe: asProbe)
      state.health.succeeded(latency: latency, wallMilliseconds: wall)
    }
  }

  /// - Parameter reachedSource: false for a call that failed before it was this source's turn to act:
  ///   it tells nothing about the source.
  func failed(
    _ code: UpstreamFailure.Code, _ message: String, asProbe: Bool, reachedSource: Bool,
    at now: Instant
  ) {
    let wall = WallClock.millisecondsSince1970()
    state.withLock { state in
      state.health.failed(code, message, wallMilliseconds: wall)
      if !reachedSource {
        if asProbe { state.circuit.abandonedProbe(at: now) }
      } else if code.opensCircuit {
        state.circuit.failed(asProbe: asProbe, at: now)
      } else {
        // The source answered, if only to say no.
        state.circuit.succeeded(asProbe: asProbe)
      }
    }
  }

  func abandonedProbe(at now: Instant) {
    state.withLock { $0.circuit.abandonedProbe(at: now) }
  }
}

/// Time of day: for what people read and for dates in answers, never for deadlines.
enum WallClock {
  static func millisecondsSince1970() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}
