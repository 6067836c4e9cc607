import Bytes
import Sessions

extension Window {
  /// A window of sessions that are made already.
  convenience init(
    storage: ByteBuffer, sessions: [Session], positions: [Int32], rawCount: Int, rejected: Int,
    offset: Int, requested: Int, end: ListEnd, total: Total?
  ) {
    let known = Dictionary(uniqueKeysWithValues: zip(positions.map(Int.init), sessions))
    self.init(
      storage: storage,
      rows: sessions.map {
        Row(nativeID: $0.nativeID, createdAt: $0.createdAt, updatedAt: $0.updatedAt)
      },
      positions: positions, rawCount: rawCount, rejected: rejected, offset: offset,
      requested: requested, end: end, total: total, table: nil
    ) { position, _, session in
      if let made = known[position] { session = made }
    }
  }
}
