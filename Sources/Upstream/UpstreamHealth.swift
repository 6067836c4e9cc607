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
  /// Requests under way, over all loops.
  package var requestsInFlight: Int
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
    let nanoseconds =
      latency.components.seconds * 1_000_000_000
      + latency.components.attoseconds / 1_000_000_000
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

  func snapshot(circuitIsOpen: Bool, remaining: Int?, inFlight: Int) -> UpstreamHealth {
    let sorted = latencies.sorted()
    func quantile(_ percent: Int) -> Duration? {
      sorted.isEmpty ? nil : .nanoseconds(sorted[(sorted.count - 1) * percent / 100])
    }
    return UpstreamHealth(
      state: circuitIsOpen ? .open : lastFailed ? .degraded : .ok,
      lastSuccessMillisecondsSince1970: lastSuccess, lastError: lastError,
      latencyP50: quantile(50), latencyP95: quantile(95), rateLimitRemaining: remaining,
      requestsInFlight: inFlight, requestsTotal: requests, retriesTotal: retries,
      failuresTotal: failures)
  }
}
