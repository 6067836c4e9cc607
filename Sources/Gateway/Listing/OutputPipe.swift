package import Bytes
import Glibc

/// Writes to a descriptor that somebody else reads, and may stop reading.
package struct OutputPipe {
  package enum Outcome: Equatable {
    case written
    /// Nobody reads any more.
    case closed
    case failed(errno: Int32)
  }

  private let descriptor: Int32

  package init(_ descriptor: Int32) { self.descriptor = descriptor }

  /// Returns when all is written; waits for a slow reader. SIGPIPE is ignored by the process.
  package func write(_ buffer: ByteBuffer) -> Outcome {
    var state = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    // Also without a byte to write: a walk whose reader has left may find nothing for long.
    if poll(&state, 1, 0) > 0, state.revents & Int16(POLLERR) != 0 { return .closed }
    var rest = buffer.bytes[...]
    while !rest.isEmpty {
      let count = Glibc.write(
        descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else if errno == EAGAIN {
        poll(&state, 1, -1)
      } else if errno == EPIPE {
        return .closed
      } else if errno != EINTR {
        return .failed(errno: errno)
      }
    }
    return withExtendedLifetime(buffer) { .written }
  }
}
