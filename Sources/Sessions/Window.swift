package import Bytes
package import JSON

/// One answer of an upstream's list: a consistent piece of it at one moment, in the upstream's order.
///
/// `@unchecked Sendable`: a window is written by the provider that reads it and by nobody afterwards;
/// all its properties are constants, and `storage` is never handed to anything that appends to it.
package final class Window: @unchecked Sendable {
  /// The answer's body, followed by texts that had to be decoded (native ids with escapes).
  package let storage: ByteBuffer
  /// Usable rows, in the upstream's order.
  package let rows: [Row]
  /// Rows of the answer, with the rejected ones: offsets count these.
  package let rawCount: Int
  /// Items left out for want of a usable id or creation time.
  package let rejected: Int
  /// Position in the raw answer of each of `rows`.
  package let positions: [Int32]
  /// Offset of the first row in the upstream's list.
  package let offset: Int
  /// Rows that were asked for.
  package let requested: Int
  /// What the upstream says about the end of its list.
  package let end: ListEnd
  /// How many sessions the whole query has, where the provider says so.
  package let total: Total?

  /// What the provider found in the answer; nil in tests that make their sessions.
  private let table: JSONTable?
  private let read: Reader

  /// Fills in one session, but for what its row says.
  /// - Parameters:
  ///   - position: in the raw answer.
  ///   - storage: the window's bytes.
  package typealias Reader =
    @Sendable (
      _ position: Int, _ storage: UnsafeRawBufferPointer, _ session: inout Session
    ) -> Void

  /// What identity and order need of a session.
  package struct Row: Sendable {
    /// Range of the native id's text in `storage`: without quotes, escapes resolved.
    package var nativeID: Range<Int>
    package var createdAt: Timestamp
    package var updatedAt: Timestamp?

    package init(nativeID: Range<Int>, createdAt: Timestamp, updatedAt: Timestamp?) {
      self.nativeID = nativeID
      self.createdAt = createdAt
      self.updatedAt = updatedAt
    }
  }

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
    storage: ByteBuffer, rows: [Row], positions: [Int32], rawCount: Int, rejected: Int,
    offset: Int, requested: Int, end: ListEnd, total: Total?, table: JSONTable?,
    read: @escaping Reader
  ) {
    self.storage = storage
    self.rows = rows
    self.table = table
    self.read = read
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
    storage.capacity + (table?.byteCount ?? 0) + rows.capacity * MemoryLayout<Row>.stride
      + positions.capacity * MemoryLayout<Int32>.stride
  }

  /// The session of one of `rows`. It is read from the answer's bytes whenever it is asked for, since
  /// most rows of a window are ordered and passed over, not returned.
  package func session(_ index: Int) -> Session {
    var session = Self.blank
    read(index, into: &session)
    return session
  }

  /// The same in place of another one: a session is half a kilobyte to copy.
  package func read(_ index: Int, into session: inout Session) {
    session = Self.blank
    session.nativeID = rows[index].nativeID
    session.createdAt = rows[index].createdAt
    session.updatedAt = rows[index].updatedAt
    read(Int(positions[index]), storage.bytes, &session)
  }

  /// What a session is read from, in the order in which it is looked at.
  package enum PrefetchPart {
    case tokens, text
  }

  /// Says that a session is read soon: the processor fetches it meanwhile.
  package func prefetch(_ index: Int, _ part: PrefetchPart) {
    let position = Int(positions[index])
    switch part {
    case .tokens: table?.prefetch(position)
    case .text: table?.prefetchValues(position, in: storage.bytes)
    }
  }

  /// What each session starts as: copied at once, not member by member.
  package static let blank = Session(
    nativeID: 0..<0, createdAt: Timestamp(milliseconds: 0), raw: .absent)

  /// The sessions of all rows, each read when it is come to.
  package var sessions: LazyMapCollection<Range<Int>, Session> {
    rows.indices.lazy.map(session)
  }

  /// The native id's bytes of one of this window's sessions, UTF-8.
  package func nativeID(_ session: Session) -> UnsafeRawBufferPointer {
    storage[session.nativeID]
  }
}
