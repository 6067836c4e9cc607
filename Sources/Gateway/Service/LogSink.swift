package import Bytes
import Dispatch
import Glibc
package import Logging
import Synchronization
import Transport

/// Where the process's lines go: a descriptor that a thread of its own writes to, so that a full pipe
/// holds up nobody who has something to say. What finds no room is dropped, counted, and the count said
/// once there is room again.
package final class LogSink: Sendable {
  /// Some thousand lines: what a collector may be behind before lines are lost.
  private static let longestQueue = 1 << 20
  /// At the end of the process a full pipe gets so long to take the last lines.
  private static let flushTimeout = DispatchTimeInterval.seconds(1)

  private struct State {
    var pending: [UInt8] = []
    var isWriting = false
    var dropped = 0
    var droppedUnsaid = 0
  }

  private let descriptor: Int32
  private let queue = DispatchQueue(label: "log")
  private let state = Guarded(State())
  private let settings: Guarded<GatewayConfiguration.Log>
  /// `Logger.Level` by its place, for a look without a lock.
  private let threshold: Atomic<Int>

  package init(_ settings: GatewayConfiguration.Log, descriptor: Int32 = 2) {
    self.descriptor = descriptor
    self.settings = Guarded(settings)
    threshold = Atomic(Self.place(settings.level))
  }

  /// Lines from now on are written so.
  package func adopt(_ new: GatewayConfiguration.Log) {
    settings.withLock { $0 = new }
    threshold.store(Self.place(new.level), ordering: .relaxed)
  }

  package var level: Logger.Level {
    Logger.Level.allCases[threshold.load(ordering: .relaxed)]
  }

  package var format: GatewayConfiguration.Log.Format { settings.withLock { $0.format } }

  /// Lines that found no room.
  package var droppedLines: Int { state.withLock { $0.dropped } }

  package func writes(_ level: Logger.Level) -> Bool {
    Self.place(level) >= threshold.load(ordering: .relaxed)
  }

  /// Takes one line, its end included.
  package func write(_ line: ByteBuffer) {
    let begins = state.withLock { state in
      guard state.pending.count + line.count <= Self.longestQueue else {
        state.dropped += 1
        state.droppedUnsaid += 1
        return false
      }
      state.pending.append(contentsOf: line.bytes)
      if state.isWriting { return false }
      state.isWriting = true
      return true
    }
    if begins { queue.async { [self] in writePending() } }
  }

  /// Waits until what was taken so far is written, but not for long.
  package func flush() {
    let done = DispatchSemaphore(value: 0)
    queue.async { done.signal() }
    _ = done.wait(timeout: .now() + Self.flushTimeout)
  }

  private func writePending() {
    while true {
      let (bytes, lost) = state.withLock { state in
        let taken = (state.pending, state.droppedUnsaid)
        state.pending = []
        state.droppedUnsaid = 0
        state.isWriting = !taken.0.isEmpty || taken.1 > 0
        return taken
      }
      if bytes.isEmpty, lost == 0 { return }
      writeAll(bytes)
      if lost > 0 {
        let line = LogLine(.warning, "log lines were lost: whoever reads the log is too slow")
        line.add("lines", lost)
        let text = line.finished(format)
        withExtendedLifetime(text) { writeAll(Array(text.bytes)) }
      }
    }
  }

  /// On the sink's own thread, which may wait.
  private func writeAll(_ bytes: [UInt8]) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress! + sent, $0.count - sent)
      }
      if count > 0 {
        sent += count
      } else if errno == EAGAIN {
        var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&wait, 1, -1)
      } else if errno != EINTR {
        // Nobody reads any more: there is nobody to tell.
        return
      }
    }
  }

  private static func place(_ level: Logger.Level) -> Int {
    // Not a search of `allCases`, which makes an array each time: every request asks.
    switch level {
    case .trace: 0
    case .debug: 1
    case .info: 2
    case .notice: 3
    case .warning: 4
    case .error: 5
    case .critical: 6
    }
  }
}
