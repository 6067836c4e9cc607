/// A session's place in the requested order as one number that always ascends, whatever the
/// direction: milliseconds, negated when the order descends; sessions without the sort value come
/// last, at `Int64.max`.
package typealias SortRank = Int64

extension SessionOrder {
  package func rank(of row: Window.Row) -> SortRank {
    switch key {
    case .createdAt: rank(of: row.createdAt)
    case .updatedAt: row.updatedAt.map(rank(of:)) ?? .max
    }
  }

  package func rank(of time: Timestamp) -> SortRank {
    descending ? -time.milliseconds : time.milliseconds
  }

  /// Whether the id `left` comes strictly before `right` among sessions of equal rank: ids compare
  /// as UTF-8 bytes, in the direction of the order.
  package func precedes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    let comparison = compareBytes(left, right)
    return descending ? comparison > 0 : comparison < 0
  }

  /// The ranks that the filter's bounds on the sort value admit; nil when they admit none. Only
  /// without such bounds are sessions that have no sort value admitted, at the very end.
  package func admittedRanks(_ filter: SessionFilter) -> ClosedRange<SortRank>? {
    let (after, before) =
      switch key {
      case .createdAt: (filter.createdAfter, filter.createdBefore)
      case .updatedAt: (filter.updatedAfter, filter.updatedBefore)
      }
    if after == nil && before == nil { return SortRank.min...SortRank.max }
    let earliest = after?.milliseconds
    let latest = before.map { $0.milliseconds - 1 }
    let low = (descending ? latest.map(-) : earliest) ?? .min
    let high = (descending ? earliest.map(-) : latest) ?? .max - 1
    return low <= high ? low...high : nil
  }
}

/// Negative, zero or positive, as memcmp, with the shorter of two equal prefixes first.
func compareBytes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
  let shared = min(left.count, right.count)
  for index in 0..<shared where left[index] != right[index] {
    return Int(left[index]) - Int(right[index])
  }
  return left.count - right.count
}

func compareBytes(_ left: UnsafeRawBufferPointer, _ right: [UInt8]) -> Int {
  right.withUnsafeBytes { compareBytes(left, $0) }
}
