/// A source's whole list, read by a `ListScan` and sorted: what serves an order that the upstream
/// does not have.
package final class ScannedList: Sendable {
  /// Each session once, in the order that the scan was made for.
  let sorted: [SourceRow]
  /// Raw rows read.
  package let rows: Int
  package let rejected: Int
  /// The list is longer than the limit; what is missing is its end.
  package let isTruncated: Bool
  /// Bytes of upstream answers that this keeps alive.
  package let bytes: Int

  /// - Parameters:
  ///   - windows: in the order they were read: of two copies of a session the later counts.
  ///   - swept: how many of them show the list from its start to its end; those after them show what
  ///     came to its head meanwhile.
  ///   - rowLimit: sessions to keep of a list that is longer: those that were read first.
  init(
    _ windows: [Window], swept: Int, order: SessionOrder, isTruncated: Bool, rowLimit: Int
  ) {
    var latest: [RowIdentity: Int] = [:]
    var unique: [SourceRow] = []
    for (number, window) in windows.enumerated() {
      for index in window.rows.indices {
        let rank = order.rank(of: window.rows[index])
        var row = SourceRow(rank: rank, window: window, index: index, place: rank)
        if let known = latest[RowIdentity(row)] {
          row.ordinal = unique[known].ordinal
          unique[known] = row
        } else {
          row.ordinal = number < swept ? unique.count : -1
          latest[RowIdentity(row)] = unique.count
          unique.append(row)
        }
      }
    }
    if isTruncated, unique.count > rowLimit { unique.removeLast(unique.count - rowLimit) }
    sorted = unique.sorted { $0.precedes($1, in: order) }
    rows = windows.reduce(0) { $0 + $1.rawCount }
    rejected = windows.reduce(0) { $0 + $1.rejected }
    bytes =
      windows.reduce(0) { $0 + $1.footprint } + sorted.count * MemoryLayout<SourceRow>.stride
    self.isTruncated = isTruncated
  }

  /// The sessions as the upstream lists them, in the direction of a walk, with their places there.
  func listed(_ direction: WalkDirection) -> [SourceRow] {
    var rows = sorted.filter { $0.ordinal >= 0 }
    rows.sort { direction == .onward ? $0.ordinal < $1.ordinal : $0.ordinal > $1.ordinal }
    var members = LongestRun(of: rows.map(\.rank)).members[...]
    var place = SortRank.min
    for index in rows.indices {
      if members.first == index {
        place = rows[index].rank
        members.removeFirst()
      }
      rows[index].place = place
    }
    return rows
  }

  /// Native ids, in order; for tests.
  package var ids: [String] { sorted.map { String(decoding: $0.nativeID, as: UTF8.self) } }

  /// Index of the first session of this rank or a higher one.
  func firstIndex(notBefore rank: SortRank) -> Int {
    var low = 0
    var high = sorted.count
    while low < high {
      let middle = (low + high) / 2
      if sorted[middle].rank < rank { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
