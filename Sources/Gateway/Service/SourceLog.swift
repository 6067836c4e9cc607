import Logging
import Synchronization
import Transport
import Upstream

/// Says in the log how a source fares, without a line for each of a thousand failures: the first of its
/// kind at once, then a count a minute, and once that it answers again. Shared by all loops.
final class SourceLog: Sendable {
  static let interval = Duration.seconds(60)

  private struct State {
    /// By kind of event: when it was said last, and how many there were since.
    var said: [String: (at: Instant, unsaid: Int)] = [:]
  }

  /// `source NAME`, or the key of what else is asked.
  private let subject: String
  private let logger: Logger
  private let state = Guarded(State())
  /// A failure was said and its end not yet; looked at for every success, without the lock.
  private let saidFailing = Atomic<Bool>(false)

  init(_ subject: String, logger: Logger) {
    self.subject = subject
    self.logger = logger
  }

  func failed(_ failure: UpstreamFailure, at now: Instant) {
    guard let unsaid = due(failure.code.name, 1, at: now) else { return }
    saidFailing.store(true, ordering: .relaxed)
    write(
      "\(subject) fails: \(failure.message)",
      [
        "code": .string(failure.code.name), "advice": .string(failure.code.advice),
      ], unsaid)
  }

  func succeeded() {
    guard saidFailing.load(ordering: .relaxed),
      saidFailing.exchange(false, ordering: .relaxed)
    else { return }
    logger.notice("\(subject) answers again")
  }

  func rejected(_ count: Int, at now: Instant) {
    guard let unsaid = due("rejected", count, at: now) else { return }
    write(
      "\(subject) listed items without a usable id or creation time, which are left out",
      ["items": .stringConvertible(count)], unsaid)
  }

  /// Nil while it is too early to say it again; else how many went unsaid since the last time.
  private func due(_ kind: String, _ count: Int, at now: Instant) -> Int? {
    state.withLock { state in
      guard let last = state.said[kind] else {
        state.said[kind] = (now, 0)
        return 0
      }
      guard now - last.at >= Self.interval else {
        state.said[kind] = (last.at, last.unsaid + count)
        return nil
      }
      state.said[kind] = (now, 0)
      return last.unsaid
    }
  }

  private func write(_ message: String, _ metadata: Logger.Metadata, _ unsaid: Int) {
    var metadata = metadata
    if unsaid > 0 { metadata["repeated"] = .stringConvertible(unsaid) }
    logger.warning("\(message)", metadata: metadata)
  }
}

extension UpstreamFailure.Code {
  /// What whoever is on call can do.
  var advice: String {
    switch self {
    case .timeout: "see whether the provider is slow; sources.timeout bounds the wait"
    case .connect: "see whether its base URL can be reached from here"
    case .tls: "check its certificate, sources.tls.caFile and the clock"
    case .dns: "check the host in its base URL and this machine's resolver"
    case .protocol: "see whether its base URL names an HTTP API; http2: off is worth a try"
    case .unauthorized: "replace its API key, then send SIGHUP"
    case .forbidden: "give its API key the right to list sessions"
    case .rateLimited: "lower sources.rateLimit, or ask the provider for more"
    case .upstreamStatus: "see the provider's own status page"
    case .badPayload: "see whether its base URL is right, or whether the provider changed its API"
    case .circuitOpen: "see the failure before this one; it is asked again by itself"
    }
  }
}
