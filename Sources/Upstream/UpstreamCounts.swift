package import Transport

/// What one loop's client of a source has done since it was made, for metrics. Belongs to the
/// client's loop; a copy may go anywhere.
package struct UpstreamCounts: Sendable {
  /// How a request, or a whole call, ended.
  package enum Outcome: Int, CaseIterable, Sendable {
    case ok, notFound
    case timeout, connect, tls, dns, `protocol`, unauthorized, forbidden, rateLimited
    case upstreamStatus, badPayload, circuitOpen
    /// Nobody wanted the answer any more.
    case canceled

    init(_ code: UpstreamFailure.Code) {
      self =
        switch code {
        case .timeout: .timeout
        case .connect: .connect
        case .tls: .tls
        case .dns: .dns
        case .protocol: .protocol
        case .unauthorized: .unauthorized
        case .forbidden: .forbidden
        case .rateLimited: .rateLimited
        case .upstreamStatus: .upstreamStatus
        case .badPayload: .badPayload
        case .circuitOpen: .circuitOpen
        }
    }

    init(_ answer: Exchange.Answer) {
      switch answer.status {
      case 200: self = .ok
      case 404: self = .notFound
      default: self.init(UpstreamFailure(answer, requests: 0).code)
      }
    }
  }

  /// Requests sent, by outcome.
  package private(set) var first = Array(repeating: 0, count: Outcome.allCases.count)
  package private(set) var retried = Array(repeating: 0, count: Outcome.allCases.count)
  /// Calls, which may take several requests or none, by outcome.
  package private(set) var calls = Array(repeating: 0, count: Outcome.allCases.count)
  /// From sending a request to its outcome.
  package private(set) var durations = Histogram(bounds: Histogram.durations)
  /// Waits for the configured limit, the source's own, or its `Retry-After`.
  package private(set) var waits = 0
  package private(set) var waited = Duration.zero
  package internal(set) var connectionsMade = 0
  /// Connections that are there now.
  package internal(set) var idleConnections = 0
  package internal(set) var busyConnections = 0
  package internal(set) var sharedConnections = 0

  package init() {}

  mutating func request(_ outcome: Outcome, isRetry: Bool, took duration: Duration) {
    if isRetry { retried[outcome.rawValue] += 1 } else { first[outcome.rawValue] += 1 }
    if outcome != .canceled { durations.note(duration) }
  }

  mutating func call(_ outcome: Outcome) { calls[outcome.rawValue] += 1 }

  mutating func waits(_ delay: Duration) {
    waits += 1
    waited += delay
  }

  package mutating func add(_ other: UpstreamCounts) {
    for index in first.indices {
      first[index] += other.first[index]
      retried[index] += other.retried[index]
      calls[index] += other.calls[index]
    }
    durations.add(other.durations)
    waits += other.waits
    waited += other.waited
    connectionsMade += other.connectionsMade
    idleConnections += other.idleConnections
    busyConnections += other.busyConnections
    sharedConnections += other.sharedConnections
  }
}
