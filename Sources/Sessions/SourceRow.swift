/// A session on its way from a window to the page.
package struct SourceRow: Sendable {
  package var rank: SortRank
  package var window: Window
  /// Index into `window.rows`.
  package var index: Int
  /// Rank of the last row in order before it, or its own when it is in order: where it stands in
  /// the list.
  var place: SortRank
  /// In a walk, how many rows in order the page had read when it came to this one. In a scan, how many
  /// sessions stand before it in the list; negative for one that came to the head meanwhile.
  var ordinal = 0
  /// It is returned at its place instead of its rank, which `rank` does not show then.
  var isAside = false

  var listOffset: Int { window.offset + Int(window.positions[index]) }
  /// Read from the window's bytes each time.
  package var session: Session { window.session(index) }
  /// Says that the session is read soon.
  package func prefetch(_ part: Window.PrefetchPart) { window.prefetch(index, part) }
  package var nativeID: UnsafeRawBufferPointer { window.storage[window.rows[index].nativeID] }

  /// Strictly before in the requested order, within one source.
  func precedes(_ other: SourceRow, in order: SessionOrder) -> Bool {
    rank != other.rank ? rank < other.rank : order.precedes(nativeID, other.nativeID)
  }
}

/// A session's native id as a member of a set, without copying its bytes.
struct RowIdentity: Hashable {
  private let window: Window
  private let range: Range<Int>

  init(_ row: SourceRow) { self.init(row.window, row.index) }

  init(_ window: Window, _ index: Int) {
    self.window = window
    range = window.rows[index].nativeID
  }

  static func == (left: RowIdentity, right: RowIdentity) -> Bool {
    compareBytes(left.window.storage[left.range], right.window.storage[right.range]) == 0
  }

  func hash(into hasher: inout Hasher) { hasher.combine(bytes: window.storage[range]) }
}
