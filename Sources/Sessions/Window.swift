package import Bytes

/// One answer of an upstream's list: a consistent piece of it at one moment, in the upstream's order.
///
/// `@unchecked Sendable`: a window is written by the provider that reads it and by nobody afterwards;
/// all its properties are constants, and `storage` is never handed to anything that appends to it.
package final class Window: @unchecked Sendable {
  /// The answer's body, followed by texts that had to be decoded (native ids with escapes).
  package let storage: ByteBuffer
  /// Usable rows, in the upstream's order.
  package let sessions: [Session]
  /// Rows of the answer, with the rejected ones: offsets count these.
  package let rawCount: Int
  /// Items left out for want of a usable id or creation time.
  package let rejected: Int
  /// Position in the raw answer of each of `sessions`.
  package let positions: [Int32]
  /// Offset of the first row in the upstream's list.
  package let offset: Int
  /// Rows that were asked for.
  package let requested: Int
  /// What the upstream says about the end of its list.
  package let end: ListEnd
  /// How many sessions the whole query has, where the provider says so.
  package let total: Total?

  package enum ListEnd: Equatable, Sendable {
    /// The list ends with this window.
    case here
    /// There is more after it.
    case further
  }

  package struct Total: Equatable, Sendable {
    package var value: Int
    package var isExact: Bool
    package init(value: Int, isExact: Bool) {
      self.value = value
      self.isExact = isExact
    }
  }

  package init(
    storage: ByteBuffer, sessions: [Session], positions: [Int32], rawCount: Int, rejected: Int,
    offset: Int, requested: Int, end: ListEnd, total: Total?
  ) {
    self.storage = storage
    self.sessions = sessions
    self.positions = positions
    self.rawCount = rawCount
    self.rejected = rejected
    self.offset = offset
    self.requested = requested
    self.end = end
    // A count that no list can have is none; offsets are computed from it.
    self.total = total.flatMap { (0...Int(Int32.max)).contains($0.value) ? $0 : nil }
  }

  /// Bytes of memory that this keeps alive, about.
  package var footprint: Int {
    storage.capacity + sessions.capacity * MemoryLayout<Session>.stride
      + positions.capacity * MemoryLayout<Int32>.stride
  }

  /// The native id's bytes of one of `sessions`, UTF-8.
  package func nativeID(_ session: Session) -> UnsafeRawBufferPointer {
    storage[session.nativeID]
  }
}
