/// Reads a whole list, whatever its order, while it changes: windows that overlap are joined by the
/// ids they share, a window that shares none with the one before it is asked again from further
/// back, and at the end the head is read again until it joins what was read first. Pure: says which
/// windows to ask for, several at a time, and takes the answers in any order.
///
/// Every session that is listed throughout, and does not move during the scan, is in the result.
package struct ListScan {
  /// Rows that two neighbouring windows have in common when nothing moves.
  static let overlap = 8
  /// How often a gap is asked again with nothing new seen, from twice as far back each time, before
  /// the scan goes on without: by then it has gone back 64 windows.
  static let gapRetries = 8

  private let limits: WindowLimits
  private let order: SessionOrder
  private let rowLimit: Int
  private let concurrency: Int
  private var phase = Phase.sweep
  /// Windows joined so far, in list order; those of the head come after them.
  private var joined: [Window] = []
  private var swept = 0
  /// Rows seen so far, and when each was last updated.
  private var seen: [RowIdentity: Timestamp?] = [:]
  /// Answers that came before their turn, by offset.
  private var early: [WindowRequest: Window] = [:]
  private var planned: [WindowRequest] = []
  private var outstanding: Set<WindowRequest> = []
  private var gapAttempts = 0
  /// The last window joined showed nothing new.
  private var isStalled = false
  private var isTruncated = false

  private enum Phase { case sweep, head, done }

  package init(limits: WindowLimits, order: SessionOrder, rowLimit: Int, concurrency: Int) {
    self.limits = limits
    self.order = order
    self.rowLimit = rowLimit
    self.concurrency = max(1, concurrency)
    planned = [limits.window(from: 0, count: limits.maximum)]
  }

  package var isDone: Bool { phase == .done }

  package func result() -> ScannedList {
    ScannedList(
      joined, swept: swept, order: order, isTruncated: isTruncated, rowLimit: rowLimit)
  }

  /// Windows to ask for now.
  package mutating func nextRequests() -> [WindowRequest] {
    guard phase != .done else { return [] }
    // The first answer tells whether there is more at all; the further the scan has come, the more
    // windows beyond a still unknown end it may ask for in vain.
    if phase == .sweep, let newest = joined.last {
      let end = newest.total.flatMap { $0.isExact ? $0.value : nil } ?? rowLimit + limits.maximum
      while planned.count < min(concurrency, 2 + joined.count / 8), let last = planned.last,
        last.offset + last.count < end
      {
        planned.append(following(last.offset + last.count))
      }
    }
    let fresh = planned.filter { !outstanding.contains($0) && early[$0] == nil }
    outstanding.formUnion(fresh)
    return fresh
  }

  package mutating func receive(_ window: Window, for request: WindowRequest) {
    outstanding.remove(request)
    guard phase != .done else { return }
    if phase == .head { return receiveHead(window) }
    guard planned.contains(request) else { return }
    early[request] = window
    while phase == .sweep, let next = planned.first, let window = early.removeValue(forKey: next) {
      planned.removeFirst()
      join(window)
    }
  }

  private mutating func join(_ window: Window) {
    if leavesGap(window), gapAttempts < Self.gapRetries, let previous = joined.last,
      let last = previous.positions.last
    {
      gapAttempts += 1
      let back = (limits.maximum / 2) << (gapAttempts - 1)
      let offset = max(0, previous.offset + Int(last) + 1 - back)
      planned = [limits.window(from: offset, count: limits.maximum)]
      early = [:]
      return
    }
    let known = seen.count
    add(window)
    swept = joined.count
    isStalled = seen.count == known
    if !isStalled { gapAttempts = 0 }
    let end = window.offset + window.rawCount
    if window.end == .here || end >= rowLimit {
      isTruncated = window.end != .here
      planned = []
      early = [:]
      phase = joined.count == 1 ? .done : .head
      if phase == .head { planned = [limits.window(from: 0, count: limits.maximum)] }
    } else if planned.isEmpty {
      planned = [following(end)]
    }
  }

  /// Whether rows may stand between this window and the one before it.
  private func leavesGap(_ window: Window) -> Bool {
    guard let previous = joined.last, !previous.rows.isEmpty, window.offset > 0,
      !sharesRow(window)
    else { return false }
    // One without a usable row can share none. Asked again from the last usable row on, it may; where
    // that has shown nothing new, unusable rows follow for longer than a window is, and are taken
    // as they come.
    return !window.rows.isEmpty || window.rawCount == 0 || !isStalled
  }

  /// Rows that came to the head meanwhile: read on until a row is met that is known.
  private mutating func receiveHead(_ window: Window) {
    let isJoined = sharesRow(window)
    add(window)
    planned = []
    if isJoined || window.end == .here || seen.count >= 2 * rowLimit {
      phase = .done
    } else {
      planned = [following(window.offset + window.rawCount)]
    }
  }

  private func following(_ end: Int) -> WindowRequest {
    limits.window(from: max(0, end - Self.overlap), count: limits.maximum)
  }

  private func sharesRow(_ window: Window) -> Bool {
    // One that was updated since may stand elsewhere: it says nothing about what lies between.
    window.rows.indices.contains {
      seen[RowIdentity(window, $0)] == .some(window.rows[$0].updatedAt)
    }
  }

  private mutating func add(_ window: Window) {
    joined.append(window)
    for index in window.rows.indices {
      seen[RowIdentity(window, index)] = .some(window.rows[index].updatedAt)
    }
  }
}
