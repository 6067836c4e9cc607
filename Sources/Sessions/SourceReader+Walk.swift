/// The walk: from window to window along the list.
extension SourceReader {
  /// The source has to be read in full: give `receive(scan:)` the result.
  package var needsScan: Bool { position.isScanned && !isComplete }

  /// The window to ask for next, or nil while one is outstanding or none is needed. Hand its answer
  /// to `receive`.
  package mutating func nextRequest() -> WindowRequest? {
    guard !isComplete, !needsScan, !walk.isOutstanding, let next = walk.next else { return nil }
    walk.isOutstanding = true
    return next
  }

  /// The outstanding request failed; it will be asked again if the walk goes on.
  package mutating func requestFailed() { walk.isOutstanding = false }

  package mutating func receive(_ window: Window) throws(Fault) {
    guard let direction = plan.direction else { return }
    walk.isOutstanding = false
    walk.idle += 1
    guard walk.idle <= Self.mostIdle else { throw .placeNotFound }
    report.scanned += window.rawCount
    report.rejected += window.rejected
    // A count of rows that are dropped here afterwards would say nothing about the query.
    report.total = plan.isSelective ? nil : window.total
    if window.rawCount == 0, window.offset == 0, window.end == .further { throw .emptyWithMore }
    switch walk.suspicion.note(window) {
    case .none: break
    case .ask(let again):
      walk.next = again
      return
    case .confirmed: throw .ignoresPaging
    }
    let view = WalkedWindow(window, order: plan.order, direction: direction)
    if view.ranks.isEmpty, !walk.isBlind, let larger = largerEnd(window) {
      guard walk.search.requests < PlaceSearch.limit else { throw .placeNotFound }
      walk.search.countRequest()
      walk.next = larger
      return
    }
    if view.ranks.isEmpty, !view.touchesEnd, window.rawCount > 0 { return try skip(view) }
    let isBeyondEnd = window.rawCount == 0 && window.offset > 0
    let continues = !isBeyondEnd && continues(view)
    // Short of the place: all that this shows comes before it. One usable row is enough to say so;
    // to go on from here takes two.
    let isShort =
      !view.touchesEnd && (view.members.last.map { view.ranks[$0] < joinRank } ?? continues)
    guard continues, !isShort else {
      let isFurtherOn = isShort && !isBeyondEnd
      return try search(
        isBeyondEnd || (direction == .onward) != isFurtherOn ? .lower : .higher, window)
    }
    walk.isBlind = false
    try goOn(through: view)
  }

  /// The whole list, read by a scan.
  package mutating func receive(scan: ScannedList) {
    report.scanned += scan.rows
    report.rejected += scan.rejected
    report.order = max(report.order, scan.isTruncated ? .truncated : .scanned)
    report.total = nil
    let rest = scan.sorted[scan.firstIndex(notBefore: position.rank)...]
    resolveBoundary(rest)
    for row in unread(in: scan) { appendLate(row) }
    nextReady = 0
    // One more than the page can take, which tells that there is more: to ask a filter reads a session.
    ready = Array(
      rest.lazy.filter { [plan, position] in
        plan.admits($0.rank) && !position.isPassed(plan.order, rank: $0.rank, id: $0.nativeID)
          && plan.matcher.matches($0)
      }.prefix(plan.limit + 1))
    isComplete = true
  }

  /// Where a walk became this scan: rows that belong to what it has passed and stand behind what it
  /// has read.
  private func unread(in scan: ScannedList) -> [SourceRow] {
    guard let direction = plan.direction, position.readTo != .max,
      scan.firstIndex(notBefore: position.rank) > 0
    else { return [] }
    return scan.listed(direction).filter {
      isUnread($0) && position.isPassed(plan.order, rank: $0.rank, id: $0.nativeID)
        && plan.admits($0.rank) && plan.matcher.matches($0)
    }
  }

  /// Whether the window overlaps what is known.
  private func continues(_ view: WalkedWindow) -> Bool {
    if view.ranks.isEmpty, walk.search.joinsKnown(view.window) { return true }
    return walk.isBlind || opening(of: view) != nil || view.membersBefore(joinRank) >= 2
      || groupStart(in: view) != nil
  }

  /// Index of the row from which on the window shows the list from its start.
  func opening(of view: WalkedWindow) -> Int? {
    if view.touchesStart { return 0 }
    guard let opening = walk.opening else { return nil }
    return view.ranks.indices.first {
      view.ranks[$0] == opening.rank
        && RowIdentity(view.window, view.sessionIndex($0)) == opening.row
    }
  }

  /// Moves the walk through every place that this window shows whole.
  private mutating func goOn(through view: WalkedWindow) throws(Fault) {
    if view.window.requested < SourcePlan.leastRows, !view.touchesEnd,
      let larger = largerWindow(than: view.window)
    {
      noteOpening(view)
      walk.next = larger
      return
    }
    walk.search = PlaceSearch()
    let start = view.membersBefore(joinRank)
    let trusted = view.members.count - SourcePlan.margin
    let edge = trusted >= 0 ? view.ranks[view.members[trusted]] : joinRank
    // Sessions without the sort value come last; a list that puts them first is in another order.
    let isWithoutValues = !view.touchesEnd && view.ranks.allSatisfy { $0 == .max }
    if isGrosslyDisordered(view) || isWithoutValues { return switchToScan() }
    if !view.touchesEnd, edge <= joinRank { return try extendGroup(view, from: start) }
    report.reads += 1
    walk.stalls = 0
    walk.idle = 0
    let end = view.touchesEnd ? view.members.count : view.membersBefore(edge)
    dealWithOverlooked(view, before: start)
    deal(with: view, start..<end)
    walk.opening = nil
    joinRank = view.touchesEnd ? .max : edge
    if switchesToScan(view) { return }
    isComplete = view.touchesEnd || edge > plan.admitted.upperBound && !plan.readsBeyondEdge
    release()
    walk.next = isComplete ? nil : following(view, member: end)
  }

  /// A tie group that the window does not show whole: its rows are gathered by id, window by
  /// window, until its end is in sight.
  private mutating func extendGroup(_ view: WalkedWindow, from start: Int) throws(Fault) {
    let known = walk.group.count
    let first = start < view.members.count ? view.members[start] : view.ranks.count
    let end = max(first, view.ranks.lastIndex(of: joinRank).map { $0 + 1 } ?? 0)
    walk.dealt = (view, end)
    for index in first..<end { gather(view, index) }
    // A group that is met again after a search shows nothing new for as long as it is known, but not
    // the same rows each time.
    let top = view.ranks.isEmpty ? nil : RowIdentity(view.window, view.sessionIndex(0))
    walk.stalls = walk.group.count > known ? 1 : top == walk.groupTop ? walk.stalls + 1 : 1
    walk.groupTop = top
    if walk.group.count > known { walk.idle = 0 }
    guard walk.stalls <= Self.mostStalls else { throw .ignoresPaging }
    guard walk.group.count < plan.scanLimit else {
      report.order = .truncated
      dealWithGroup()
      joinRank = .max
      isComplete = true
      return release()
    }
    // With two rows before the place there is evidence to go on from, wherever the window begins.
    let opens = walk.group.isEmpty && view.touchesStart && start < 2
    if opens { noteOpening(view) }
    let next =
      view.ranks.isEmpty ? nil : following(view, member: opens ? 0 : view.membersUpTo(joinRank))
    if let next, reachesBeyond(view.window, next) {
      walk.next = next
    } else {
      // All that this window has beyond its last usable rows is unusable: they get no better
      // witness than this window.
      if let last = view.members.last.map({ view.ranks[$0] }), last > joinRank, last < .max {
        deal(with: view, start..<view.members.count)
        joinRank = last + 1
        release()
      }
      stepBeyond(view.window)
    }
  }

  private mutating func noteOpening(_ view: WalkedWindow) {
    guard view.touchesStart, !view.ranks.isEmpty else { return }
    walk.opening = (RowIdentity(view.window, view.sessionIndex(0)), view.ranks[0])
  }

  /// The rows of a probe, and more of those behind them: a few rows look ordered by chance. Nil when
  /// the upstream gives no more at a time.
  private func largerWindow(than window: Window) -> WindowRequest? {
    let count = max(rowsPerRequest, SourcePlan.leastRows)
    let larger =
      plan.direction == .onward
      ? plan.limits.window(from: window.offset, count: count)
      : plan.limits.window(upTo: window.offset + window.rawCount, count: count)
    return larger.count > window.requested ? larger : nil
  }

  /// Whether a request shows rows that the walk meets after those of a window.
  private func reachesBeyond(_ window: Window, _ next: WindowRequest) -> Bool {
    plan.direction == .onward
      ? next.offset + next.count > window.offset + window.rawCount : next.offset < window.offset
  }

  /// Goes on right behind a window, without a row to overlap.
  mutating func stepBeyond(_ window: Window) {
    walk.isBlind = true
    walk.next =
      plan.direction == .onward
      ? plan.limits.window(from: window.offset + window.rawCount, count: plan.limits.maximum)
      : plan.limits.window(upTo: window.offset, count: plan.limits.maximum)
  }
}
