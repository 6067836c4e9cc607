import Bytes
import Glibc
import HTTP
import Transport

/// The `Date` of answers, written once a second.
struct DateClock {
  private let text = ByteBuffer(capacity: 64)
  private var validUntil = Instant(nanoseconds: .min)

  /// - Parameter now: the loop's time, which tells when to look at the wall clock again.
  mutating func bytes(at now: Instant) -> UnsafeRawBufferPointer {
    if now >= validUntil {
      var time = timespec()
      clock_gettime(CLOCK_REALTIME, &time)
      text.truncate(to: 0)
      HTTPDate.append(secondsSince1970: Int64(time.tv_sec), to: text)
      validUntil = now + .nanoseconds(1_000_000_000 - Int64(time.tv_nsec))
    }
    return text.bytes
  }
}
