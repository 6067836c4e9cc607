import Transport

/// When the next request to one source may go: after a `Retry-After`, within what the source says is
/// left of its limit, and within the configured limit. Each request takes a turn before it is sent.
///
/// The configured limit is kept as the times of the last requests, not as a bucket of tokens: a bucket
/// lets twice its size through around one moment, and the limit says at most.
struct PaceState {
  enum Turn: Equatable {
    /// Send at this time, which may be past; `number` goes with the answer's advice.
    case at(Instant, number: Int)
    case refused(retryAfter: Duration)
  }

  /// A `Retry-After` beyond this is a mistake, and would lock a source out until a restart.
  private static let longestPause = Duration.seconds(86_400)

  private let limit: UpstreamConfiguration.RateLimit?
  /// Times of the last `limit.requests` turns, a ring.
  private var turns: [Instant] = []
  private var oldest = 0
  private var given = 0
  private(set) var notBefore = Instant(nanoseconds: .min)
  private var advised: (remaining: Int, resets: Instant, number: Int)?

  init(limit: UpstreamConfiguration.RateLimit?) { self.limit = limit }

  /// The next turn, unless it comes at `deadline` or later: then none is taken.
  mutating func takeTurn(at now: Instant, before deadline: Instant) -> Turn {
    var time = max(now, notBefore)
    if let advised {
      if time >= advised.resets {
        self.advised = nil
      } else if advised.remaining <= 0 {
        time = advised.resets
      }
    }
    if let limit, turns.count == limit.requests { time = max(time, turns[oldest] + limit.per) }
    guard time < deadline else { return .refused(retryAfter: time - now) }
    note(time)
    given += 1
    if time < advised?.resets ?? time { advised?.remaining -= 1 }
    return .at(time, number: given)
  }

  /// Nobody asks earlier than a source says, whoever was told.
  mutating func told(retryAfter delay: Duration, at now: Instant) {
    notBefore = max(notBefore, now + min(delay, Self.longestPause))
  }

  mutating func waitUntil(_ time: Instant) { notBefore = max(notBefore, time) }

  /// The answer to turn `number` says what is left. Requests sent after that one may not have been
  /// counted yet, and an answer older than the last one tells nothing new.
  mutating func told(_ advice: RateLimitAdvice, answering number: Int, at now: Instant) {
    let resets = now + min(advice.reset, Self.longestPause)
    if let advised, number < advised.number, now < advised.resets { return }
    advised = (advice.remaining - (given - number), resets, number)
  }

  /// What is left, as the source says it or as the configured limit does; nil when neither does.
  func remaining(at now: Instant) -> Int? {
    if let advised, now < advised.resets { return max(0, advised.remaining) }
    guard let limit else { return nil }
    return limit.requests - turns.count { $0 + limit.per > now }
  }

  /// How long the source has asked to be left alone still; nil when it has not.
  func pause(at now: Instant) -> Duration? { notBefore > now ? notBefore - now : nil }

  private mutating func note(_ time: Instant) {
    guard let limit else { return }
    if turns.count < limit.requests {
      turns.append(time)
    } else {
      turns[oldest] = time
      oldest = (oldest + 1) % limit.requests
    }
  }
}
