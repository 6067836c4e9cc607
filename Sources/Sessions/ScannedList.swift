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
  ///   - rowLimit: sessions to keep of a list that is longer: those that were read first.
  init(_ windows: [Window], order: SessionOrder, isTruncated: Bool, rowLimit: Int) {
    var latest: [RowIdentity: Int] = [:]
    var unique: [SourceRow] = []
    for window in windows {
      for (index, session) in window.sessions.enumerated() {
        let rank = order.rank(of: session)
        let row = SourceRow(
          rank: rank, window: window, index: index, place: rank, membersBefore: 0)
        if let known = latest[RowIdentity(row)] {
          unique[known] = row
        } else {
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
