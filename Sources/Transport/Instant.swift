import Glibc

/// A point on the monotonic clock, in nanoseconds since boot. Unlike `ContinuousClock.Instant` it is
/// one word and can be made at will, so that tests move time by hand.
package struct Instant: Comparable, Hashable, Sendable {
  package var nanoseconds: Int64

  package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  package static func now() -> Instant {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  package static func < (left: Instant, right: Instant) -> Bool {
    left.nanoseconds < right.nanoseconds
  }

  package static func + (instant: Instant, delay: Duration) -> Instant {
    Instant(nanoseconds: instant.nanoseconds + delay.wholeNanoseconds)
  }

  package static func - (left: Instant, right: Instant) -> Duration {
    .nanoseconds(left.nanoseconds - right.nanoseconds)
  }
}

extension Duration {
  /// Whole nanoseconds; durations of this program are far below the 292 years that fit.
  package var wholeNanoseconds: Int64 {
    Int64(truncatingIfNeeded: attoseconds / 1_000_000_000)
  }

  /// Whole milliseconds, rounded down.
  package var wholeMilliseconds: Int64 { wholeNanoseconds / 1_000_000 }
}
