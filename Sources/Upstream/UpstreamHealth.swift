import Transport

/// How a source is doing, for people and dashboards: a copy, taken under the source's lock.
package struct UpstreamHealth: Sendable {
  package enum State: String, Sendable {
    case ok
    /// The last call failed.
    case degraded
    /// The circuit is open: calls fail without being sent, but for a probe now and then.
    case open
  }

  package struct Incident: Sendable {
    package var code: String
    package var message: String
    package var millisecondsSince1970: Int64
  }

  package var state: State
  package var lastSuccessMillisecondsSince1970: Int64?
  package var lastError: Incident?
  /// Of the last 128 calls that succeeded; nil before the first.
  package var latencyP50: Duration?
  package var latencyP95: Duration?
  /// Requests left, as the source says or as the configured limit does; nil when neither does.
  package var rateLimitRemaining: Int?
  /// How long the source has asked to be left alone still; nil when it has not.
  package var rateLimitPause: Duration?
  /// Requests under way, over all loops.
  package var requestsInFlight: Int
  /// Requests that wait for one of those to end.
  package var requestsWaiting: Int
  /// Retries that the budget allows now.
  package var retriesLeft: Int
  /// Failed calls since the last that did not; nil while the circuit is open.
  package var failuresInARow: Int?
  /// How long the circuit refuses calls still; nil when it is closed.
  package var circuitPause: Duration?
  /// Since the start.
  package var requestsTotal: Int
  package var retriesTotal: Int
  package var failuresTotal: [String: Int]
}

/// The counters behind `UpstreamHealth`.
struct HealthState {
  private static let keptLatencies = 128

  private var lastSuccess: Int64?
  private var lastError: UpstreamHealth.Incident?
  private var lastFailed = false
  private var latencies: [Int64] = []
  private var nextLatency = 0
  private var failures: [String: Int] = [:]
  var requests = 0
  var retries = 0

  mutating func succeeded(latency: Duration, wallMilliseconds: Int64) {
    lastFailed = false
    lastSuccess = wallMilliseconds
    let nanoseconds = latency.wholeNanoseconds
    if latencies.count < Self.keptLatencies {
      latencies.append(nanoseconds)
    } else {
      latencies[nextLatency] = nanoseconds
      nextLatency = (nextLatency + 1) % Self.keptLatencies
    }
  }

  mutating func failed(_ code: UpstreamFailure.Code, _ message: String, wallMilliseconds: Int64) {
    lastFailed = true
    lastError = UpstreamHealth.Incident(
      code: code.name, message: message, millisecondsSince1970: wallMilliseconds)
    failures[code.name, default: 0] += 1
  }

  func snapshot(
    _ circuit: CircuitState, _ pace: PaceState, _ permits: PermitState, _ budget: RetryBudgetState,
    at now: Instant
  ) -> UpstreamHealth {
    let sorted = latencies.sorted()
    func quantile(_ percent: Int) -> Duration? {
      sorted.isEmpty ? nil : .nanoseconds(sorted[(sorted.count - 1) * percent / 100])
    }
    return UpstreamHealth(
      state: circuit.isOpen ? .open : lastFailed ? .degraded : .ok,
      lastSuccessMillisecondsSince1970: lastSuccess, lastError: lastError,
      latencyP50: quantile(50), latencyP95: quantile(95),
      rateLimitRemaining: pace.remaining(at: now), rateLimitPause: pace.pause(at: now),
      requestsInFlight: permits.used, requestsWaiting: permits.awaited,
      retriesLeft: budget.remaining(at: now), failuresInARow: circuit.failuresInARow,
      circuitPause: circuit.pause(at: now), requestsTotal: requests, retriesTotal: retries,
      failuresTotal: failures)
  }
}
