/// Finds a place in a list of unknown length by asking for windows: doubling steps until the place
/// lies between two offsets, then halving. The list may move meanwhile; then the bracket is dropped
/// and the search goes on from where it is, up to `limit` requests.
struct PlaceSearch {
  /// Doubling and halving over a list of 2^30 rows, once over; a search that needs more is chasing
  /// a list that moves faster than it can be read.
  static let limit = 64
  /// A bracket is known to within two rows on either side; a window has to show all of it.
  static let smallestWindow = 16
  static let longestStep = 1 << 30
  /// Rows of a probe: enough for two rows of evidence beside one that is out of place.
  static let probeRows = 4

  /// The place is at this offset or after it.
  private var low: Int?
  /// The place is before this offset.
  private var high: Int?
  /// The place was about here a moment ago.
  private var near: Int?
  private var step = 0
  private(set) var requests = 0

  enum Verdict { case higher, lower }

  /// Whether the place is being looked for between or beyond offsets seen.
  var isBracketing: Bool { low != nil || high != nil || near != nil }

  /// Whether a window begins among or right behind rows that are known to come before the place.
  func joinsKnown(_ window: Window) -> Bool { low.map { window.offset <= $0 } ?? false }

  mutating func countRequest() { requests += 1 }

  /// - Parameter seeksListEnd: the place sought is the very end of the list.
  mutating func note(
    _ verdict: Verdict, window: Window, direction: WalkDirection, seeksListEnd: Bool
  ) {
    requests += 1
    switch (verdict, direction) {
    case (.higher, .onward): low = window.offset + window.rawCount
    case (.higher, .backward): low = max(0, window.offset + window.rawCount - 2)
    case (.lower, .onward): high = window.offset + 2
    case (.lower, .backward): high = window.offset
    }
    // An exact total is the end of the list, and spares the doubling steps.
    if let total = window.total, total.isExact, verdict == .higher {
      high = high ?? max(total.value, low ?? 0) + 1
      if seeksListEnd { low = max(low ?? 0, total.value - 1) }
    }
    if window.rawCount == 0 { high = window.offset }
    if let low, let high, low >= high {
      // The list has moved by more than the overlap since one of the two was noted.
      near = low
      self.low = nil
      self.high = nil
      step = 0
    }
  }

  /// The next window to ask for. `overlap` rows on the near side of the place belong into it.
  mutating func next(
    limits: WindowLimits, direction: WalkDirection, count: Int, overlap: Int
  ) -> WindowRequest {
    if let near {
      self.near = nil
      // Far enough back for a list that shrinks by leaps, and in turn just far enough to show what
      // follows: pages reach from few offsets as far as they should.
      let back = requests.isMultiple(of: 2) ? limits.maximum / 2 : overlap
      return limits.window(from: max(0, near - back), count: limits.maximum)
    }
    let count = max(count, Self.smallestWindow, 2 * overlap + Self.probeRows)
    let span = max(Self.probeRows, min(count, limits.maximum) - 2 * overlap)
    switch (low, high) {
    case (let low?, let high?) where high - low <= span:
      return final(low: low, high: high, limits, direction, count, overlap)
    case (let low?, let high?):
      return limits.window(from: (low + high) / 2, count: Self.probeRows)
    case (let low?, nil):
      defer { step = min(max(span, 2 * step), Self.longestStep) }
      if step == 0 { return neighbour(of: low, limits, direction, count, overlap) }
      return limits.window(from: low + step, count: Self.probeRows)
    case (nil, let high?):
      defer { step = min(max(span, 2 * step), Self.longestStep) }
      if step == 0 || high - step <= 0 {
        return limits.window(from: max(0, high - span - overlap), count: count)
      }
      return limits.window(from: high - step, count: Self.probeRows)
    case (nil, nil):
      return limits.window(from: 0, count: count)
    }
  }

  private func final(
    low: Int, high: Int, _ limits: WindowLimits, _ direction: WalkDirection, _ count: Int,
    _ overlap: Int
  ) -> WindowRequest {
    switch direction {
    case .onward: limits.window(from: max(0, low - overlap), count: count)
    case .backward: limits.window(upTo: high + overlap, count: count)
    }
  }

  /// The window next to what has been seen: most places have moved by a few rows only.
  private func neighbour(
    of low: Int, _ limits: WindowLimits, _ direction: WalkDirection, _ count: Int, _ overlap: Int
  ) -> WindowRequest {
    switch direction {
    case .onward: limits.window(from: max(0, low - overlap), count: count)
    case .backward: limits.window(upTo: low + min(count, limits.maximum) - overlap, count: count)
    }
  }
}
