/// How far a traversal has come in one source: everything before `(rank, afterID)` is done with.
///
/// A position is a key, never an offset: inserts and deletes move offsets, not keys. `hint` only
/// says where to look first.
package struct SourcePosition: Hashable, Sendable {
  /// Sessions of a lower rank are done with.
  package var rank: SortRank
  /// Among sessions of just this rank: those up to and including this id are done with; nil when
  /// none of them is.
  package var afterID: BoundaryID?
  /// List places below this rank are done with, whatever the keys of the rows there. Lower than
  /// `rank` only while a row that is out of place waits for its turn.
  package var anchor: SortRank
  /// List places below this rank had been read when the page ended, though not all was returned.
  package var readTo: SortRank
  /// How many of the rows that come late at the place `readTo` have been returned.
  package var lateReturned = 0
  /// Offset in the upstream's list near `anchor`.
  package var hint: Int?
  /// Nothing is left.
  package var isExhausted = false
  /// The source's order is of no use: it is read in full and sorted.
  package var isScanned = false
  /// Rows were found out of place on an earlier page.
  package var sawDisorder = false
  /// Rows were returned ahead of their place in the order.
  package var returnedAhead = false

  /// The start of a traversal whose first admitted rank is `rank`.
  package init(startingAt rank: SortRank) {
    self.rank = rank
    anchor = rank
    readTo = rank
  }

  /// Whether the session with this key is done with.
  func isPassed(_ order: SessionOrder, rank: SortRank, id: UnsafeRawBufferPointer) -> Bool {
    if rank != self.rank { return rank < self.rank }
    guard let afterID else { return false }
    return !afterID.precedes(id, in: order)
  }
}

/// The id of the last session that was returned, as a cursor can hold it: whole up to 100 bytes,
/// beyond that its first 24 bytes and a hash.
package struct BoundaryID: Hashable, Sendable {
  static let longestWhole = 100
  static let prefixLength = 24

  /// The whole id, or its prefix.
  package var bytes: [UInt8]
  /// Hash of the whole id when `bytes` is only its prefix.
  package var hash: UInt64?

  package init(bytes: [UInt8], hash: UInt64?) {
    self.bytes = bytes
    self.hash = hash
  }

  /// As the reader holds it while it works.
  init(whole id: UnsafeRawBufferPointer) {
    bytes = Array(id)
  }

  init(_ id: UnsafeRawBufferPointer) {
    if id.count <= Self.longestWhole {
      bytes = Array(id)
    } else {
      bytes = Array(id.prefix(Self.prefixLength))
      hash = Self.hash(id)
    }
  }

  /// Whether this is the boundary of `id`.
  func names(_ id: UnsafeRawBufferPointer) -> Bool {
    guard let hash else { return compareBytes(id, bytes) == 0 }
    return id.count > Self.longestWhole && hash == Self.hash(id)
      && compareBytes(UnsafeRawBufferPointer(rebasing: id.prefix(Self.prefixLength)), bytes) == 0
  }

  /// Whether the boundary comes strictly before `id`. A long boundary is resolved against the rows
  /// of its tie group first (`SourceReader`); where it has been deleted since, ids that share its
  /// rank and its first 24 bytes count as done with.
  func precedes(_ id: UnsafeRawBufferPointer, in order: SessionOrder) -> Bool {
    let compared = hash == nil ? id : UnsafeRawBufferPointer(rebasing: id.prefix(Self.prefixLength))
    let comparison = compareBytes(compared, bytes)
    return order.descending ? comparison < 0 : comparison > 0
  }

  /// FNV-1a, 64 bits: stable across processes, unlike Swift's `Hasher`. It only tells apart ids of
  /// one millisecond that share 24 bytes.
  static func hash(_ id: UnsafeRawBufferPointer) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in id { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return hash
  }
}
