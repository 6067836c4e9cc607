import Transport

/// When a connection's phase has lasted too long. Its one timer stays armed for an earlier moment
/// and is armed again when it fires too soon: moving it at every request would cost more.
struct ConnectionDeadline {
  private let loop: EventLoop
  private var timer: LoopTimer?
  private(set) var instant: Instant?

  init(_ loop: EventLoop, _ fired: @escaping () -> Void) {
    self.loop = loop
    timer = LoopTimer(fired)
  }

  mutating func set(after delay: Duration) { set(loop.now + delay) }

  mutating func set(_ instant: Instant) {
    self.instant = instant
    guard let timer, !timer.isScheduled || timer.deadline > instant else { return }
    loop.schedule(timer, at: instant)
  }

  /// The phase may last.
  mutating func clear() { instant = nil }

  /// Whether the deadline has passed, now that the timer has fired.
  func hasPassed() -> Bool {
    guard let timer, let instant else { return false }
    if loop.now >= instant { return true }
    loop.schedule(timer, at: instant)
    return false
  }

  /// For good. The timer's closure refers to its connection, which may be gone afterwards.
  mutating func cancel() {
    if let timer { loop.cancel(timer) }
    timer = nil
    instant = nil
  }
}
