/// Notices an upstream that ignores paging: two windows at different offsets that hold the very same
/// rows. A list that moved by just that much does the same once, so both are asked again before
/// anything is said, and must show the same rows again.
struct PagingSuspicion {
  enum Finding: Equatable {
    case none
    /// Ask for this window again, past everything that is kept.
    case ask(WindowRequest)
    case confirmed
  }

  private var previous: Window?
  private var pair: (first: Window, second: Window)?
  private var again: Window?

  var isActive: Bool { pair != nil }

  mutating func note(_ window: Window) -> Finding {
    if let pair {
      guard let first = again else {
        again = window
        return .ask(Self.request(pair.second))
      }
      self.pair = nil
      again = nil
      previous = window
      let isSame = Self.isSame(first, window) && Self.showSame(pair.first, first)
      return isSame ? .confirmed : .none
    }
    if let previous, Self.isSame(previous, window) {
      pair = (previous, window)
      return .ask(Self.request(previous))
    }
    previous = window
    return .none
  }

  private static func request(_ window: Window) -> WindowRequest {
    WindowRequest(offset: window.offset, count: window.requested)
  }

  private static func isSame(_ left: Window, _ right: Window) -> Bool {
    left.offset != right.offset && !left.rows.isEmpty
      // A list that moves by a row or two shows the same few rows to two probes, again and again.
      && (left.rawCount >= SourcePlan.leastRows
        || abs(left.offset - right.offset) >= left.rawCount)
      && showSame(left, right)
  }

  private static func showSame(_ left: Window, _ right: Window) -> Bool {
    left.rawCount == right.rawCount && left.positions == right.positions
      && left.rows.indices.allSatisfy { index in
        RowIdentity(left, index) == RowIdentity(right, index)
      }
  }
}
