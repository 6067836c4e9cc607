/// Reads one source for one page: says which window of the upstream's list to ask for, takes the
/// answers, and yields the source's sessions in order. Pure: no clock, no socket.
///
/// The walk knows the list up to a *place*, `joinRank`: every row that stands before it has been
/// dealt with, once. A window continues the walk only if it overlaps what is known, that is if two
/// of its rows in order lie strictly before the place (one could be astray), or if it begins where
/// the list begins. Then every row that has been listed throughout and was not seen yet is in this
/// window or after it, whatever was inserted or deleted meanwhile. `docs/PAGING.md` argues why.
package struct SourceReader {
  package let plan: SourcePlan
  package private(set) var position: SourcePosition
  package private(set) var report = Report()

  /// Figures of this page.
  package struct Report: Sendable {
    package var order = OrderReport.native
    package var scanned = 0
    package var rejected = 0
    package var total: Window.Total?
    /// Windows that brought the walk on; what `pageBudget` counts.
    package var reads = 0

    package init() {}
  }

  package enum Fault: Error, Equatable {
    /// The upstream gives the same rows whatever page is asked for.
    case ignoresPaging
    /// The upstream says that there is more, and gives nothing at the very start of its list.
    case emptyWithMore
    /// The place was not found within `PlaceSearch.limit` requests.
    case placeNotFound
  }

  /// List places of a lower rank have been dealt with on this page.
  private var joinRank: SortRank
  private var walk: Walk
  /// Nothing more is to be read: the list's end, or the edge of the admitted ranks, has been seen.
  package private(set) var isComplete: Bool
  /// Rows found too far out of place: they come first, and at once.
  private var late: [SourceRow] = []
  private var lastLatePlace: SortRank?
  /// Rows in order, ready to be taken from `nextReady` on.
  private var ready: [SourceRow] = []
  private var nextReady = 0
  /// Rows whose place in the order has not been read up to.
  private var waiting: [SourceRow] = []
  /// Rank and list offset of every row in order that this page has dealt with.
  private var landmarks: [(rank: SortRank, offset: Int)] = []
  private var strays = 0
  private var rows = 0

  /// Fresh windows in a row that may bring nothing new: a list may shrink while it is read, but an
  /// upstream that gives one page for all never gets further.
  private static let mostStalls = 8

  private struct Walk {
    var isOutstanding = false
    var next: WindowRequest?
    var search = PlaceSearch()
    /// Rows of a tie group that one window does not show whole.
    var group: [SourceRow] = []
    var groupIDs: Set<RowIdentity> = []
    /// The list's first usable row, when the window that showed it had too few to go on from: a
    /// window that shows it too shows all that comes after it.
    var opening: (row: RowIdentity, rank: SortRank)?
    /// The window before this one had no usable row, so that there is nothing to overlap with.
    var isBlind = false
    var isStalled: Bool { stalls > 0 }
    /// How many windows in a row brought nothing new.
    var stalls = 0
    var suspicion = PagingSuspicion()
  }

  package init(plan: SourcePlan, position: SourcePosition) {
    self.plan = plan
    self.position = position
    joinRank = position.anchor
    walk = Walk()
    isComplete = position.isExhausted
    if plan.direction == nil { self.position.isScanned = true }
    if !position.isExhausted, !self.position.isScanned { walk.next = firstRequest() }
  }
}

// MARK: Taking sessions

extension SourceReader {
  /// The next session, unless more has to be read before it is known.
  package var head: SourceRow? {
    if let row = late.first { return row }
    guard nextReady < ready.count else { return nil }
    return ready[nextReady]
  }

  /// Whether `head` comes out of order.
  package var headIsLate: Bool { !late.isEmpty }

  /// Sessions that are not ready are of this rank or a higher one; nil when there are none.
  package var frontier: SortRank? {
    if isComplete { return nil }
    // What had been read before the switch is dropped: the scan has it all.
    if position.isScanned { return position.rank }
    guard position.sawDisorder else { return joinRank }
    // Rows less than an upstream page out of place are put in place: nothing is let go before a
    // page has been read beyond it.
    let index = landmarks.count - 1 - plan.limits.maximum
    return index >= 0 ? landmarks[index].rank : position.anchor
  }

  package var isExhausted: Bool { isComplete && head == nil }

  /// Whether only this source's next window can tell what comes next, given the rank of the best
  /// session that another source offers.
  package func blocks(_ rank: SortRank?) -> Bool {
    guard head == nil, let frontier else { return false }
    return rank.map { frontier <= $0 } ?? true
  }

  package mutating func take() -> SourceRow? {
    if !late.isEmpty {
      report.order = max(report.order, .late)
      lastLatePlace = late[0].place
      return late.removeFirst()
    }
    guard nextReady < ready.count else { return nil }
    defer { nextReady += 1 }
    if ready[nextReady].isAside { report.order = max(report.order, .late) }
    return ready[nextReady]
  }

  /// The traversal has returned everything of this source before `(rank, afterID)`, as far as the
  /// source has been read.
  package mutating func advance(to rank: SortRank, afterID: BoundaryID?) {
    let frontier = frontier ?? .max
    let (rank, afterID) =
      isComplete || rank < frontier ? (rank, afterID) : (frontier, nil)
    if rank > position.rank || rank == position.rank && afterID != nil {
      position.rank = rank
      position.afterID = afterID
    }
  }

  /// Everything that this source can give so far has been returned.
  package mutating func advanceToFrontier() {
    advance(to: frontier ?? .max, afterID: nil)
  }

  /// The position to go on from, once the page is done.
  package func finalPosition() -> SourcePosition {
    var position = position
    position.isExhausted = isExhausted
    if let boundary = position.afterID, boundary.hash == nil {
      position.afterID = boundary.bytes.withUnsafeBytes { BoundaryID($0) }
    }
    guard !position.isScanned else { return position }
    // Late rows come in the order of their places; those that the page had no room for are read
    // again, and none of the others.
    let unreturned = late.first.map {
      max($0.place, lastLatePlace.map { $0 == .max ? .max : $0 + 1 } ?? .min)
    }
    let unreturnedRows = [waiting[...], ready[nextReady...]].joined()
    let pending = unreturnedRows.lazy.filter { $0.rank != $0.place }.map(\.place).min() ?? .max
    position.anchor = min(position.rank, pending, unreturned ?? .max)
    position.readTo = min(
      max(position.readTo, isComplete ? .max : joinRank), unreturned ?? .max)
    position.sawDisorder = position.sawDisorder || strays > 0
    if let landmark = landmarks.first(where: { $0.rank >= position.anchor }) ?? landmarks.last {
      position.hint = landmark.offset
    }
    return position
  }
}

// MARK: Reading

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
    report.scanned += window.rawCount
    report.rejected += window.rejected
    // A count of rows that are dropped here afterwards would say nothing about the query.
    report.total = plan.matcher.isSelective ? nil : window.total
    if window.rawCount == 0, window.offset == 0, window.end == .further { throw .emptyWithMore }
    switch walk.suspicion.note(window) {
    case .none: break
    case .ask(let again):
      walk.next = again
      return
    case .confirmed: throw .ignoresPaging
    }
    let view = WalkedWindow(window, order: plan.order, direction: direction)
    if view.ranks.isEmpty, !view.touchesEnd, window.rawCount > 0 {
      guard view.touchesStart else { return try skip(window) }
      walk.search = PlaceSearch()
      return stepBeyond(window)
    }
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
    nextReady = 0
    ready = rest.filter {
      plan.admits($0.rank) && plan.matcher.matches($0.session, in: $0.window)
        && !position.isPassed(plan.order, rank: $0.rank, id: $0.nativeID)
    }
    isComplete = true
  }

  /// Whether the window overlaps what is known.
  private func continues(_ view: WalkedWindow) -> Bool {
    if view.ranks.isEmpty, walk.search.joinsKnown(view.window) { return true }
    if walk.isBlind || view.touchesStart || view.membersBefore(joinRank) >= 2 { return true }
    let rows = view.ranks.indices.lazy.map {
      (rank: view.ranks[$0], id: RowIdentity(view.window, view.sessionIndex($0)))
    }
    if let opening = walk.opening, rows.contains(where: { $0 == (opening.rank, opening.row) }) {
      return true
    }
    return !walk.group.isEmpty && rows.contains { walk.groupIDs.contains($0.id) }
  }

  /// Moves the walk through every place that this window shows whole.
  private mutating func goOn(through view: WalkedWindow) throws(Fault) {
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
    walk.opening = nil
    let end = view.touchesEnd ? view.members.count : view.membersBefore(edge)
    deal(with: view, start..<end)
    if switchesToScan(view) { return }
    joinRank = view.touchesEnd ? .max : edge
    isComplete = view.touchesEnd || edge > plan.admitted.upperBound && !plan.readsBeyondEdge
    release()
    walk.next = isComplete ? nil : following(view, member: end)
  }

  /// A tie group that the window does not show whole: its rows are gathered by id, window by
  /// window, until its end is in sight.
  private mutating func extendGroup(_ view: WalkedWindow, from start: Int) throws(Fault) {
    let known = walk.group.count
    let first = start < view.members.count ? view.members[start] : view.ranks.count
    for index in first..<view.ranks.count where view.ranks[index] == joinRank {
      gather(row(view, index, place: joinRank))
    }
    walk.stalls = walk.group.count > known ? 1 : walk.stalls + 1
    guard walk.stalls <= Self.mostStalls else { throw .ignoresPaging }
    guard walk.group.count < plan.scanLimit else {
      report.order = .truncated
      dealWithGroup()
      joinRank = .max
      isComplete = true
      return release()
    }
    let opens = walk.group.isEmpty && view.touchesStart
    if opens, !view.ranks.isEmpty {
      walk.opening = (RowIdentity(view.window, view.sessionIndex(0)), view.ranks[0])
    }
    let next =
      view.ranks.isEmpty
      ? nil
      : onwardRequest(view, from: opens ? 0 : max(0, view.ranks.count - SourcePlan.overlap))
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

  /// Whether a request shows rows that the walk meets after those of a window.
  private func reachesBeyond(_ window: Window, _ next: WindowRequest) -> Bool {
    plan.direction == .onward
      ? next.offset + next.count > window.offset + window.rawCount : next.offset < window.offset
  }

  /// Goes on right behind a window, without a row to overlap.
  private mutating func stepBeyond(_ window: Window) {
    walk.isBlind = true
    walk.next =
      plan.direction == .onward
      ? plan.limits.window(from: window.offset + window.rawCount, count: plan.limits.maximum)
      : plan.limits.window(upTo: window.offset, count: plan.limits.maximum)
  }
}

// MARK: Dealing with rows

extension SourceReader {
  /// Takes every row that stands at one of the given members or between them.
  private mutating func deal(with view: WalkedWindow, _ members: Range<Int>) {
    let touchesStart = members.lowerBound == 0 && view.touchesStart
    let first =
      touchesStart ? 0 : members.isEmpty ? view.ranks.count : view.members[members.lowerBound]
    let last =
      members.upperBound < view.members.count
      ? view.members[members.upperBound] : view.ranks.count
    guard first < last else { return dealWithGroup() }
    var dealt: [SourceRow] = []
    dealt.reserveCapacity(last - first)
    var member = members.lowerBound
    var place = view.members.isEmpty ? joinRank : view.ranks[view.members[member]]
    for index in first..<last {
      if member < view.members.count, view.members[member] == index {
        place = view.ranks[index]
        landmarks.append((place, view.listOffset(index)))
        member += 1
      }
      dealt.append(row(view, index, place: place))
    }
    if !walk.group.isEmpty {
      for row in dealt where row.rank == joinRank { gather(row) }
      dealt.removeAll { $0.rank == joinRank }
      dealWithGroup()
    }
    rows += last - first
    strays += last - first - members.count
    if last - first > members.count { position.sawDisorder = true }
    deal(with: dealt)
  }

  private mutating func dealWithGroup() {
    let group = walk.group
    walk.group = []
    walk.groupIDs = []
    deal(with: group)
  }

  private mutating func deal(with dealt: [SourceRow]) {
    resolveBoundary(dealt)
    for row in dealt where plan.admits(row.rank) {
      guard plan.matcher.matches(row.session, in: row.window) else { continue }
      if !position.isPassed(plan.order, rank: row.rank, id: row.nativeID) {
        waiting.append(row)
      } else if row.rank != row.place, row.place >= position.readTo, position.readTo != .max {
        late.append(row)
      }
    }
  }

  private mutating func gather(_ row: SourceRow) {
    if walk.groupIDs.insert(RowIdentity(row)).inserted { walk.group.append(row) }
  }

  /// A boundary that the cursor holds by hash gets its whole id back from the row that has it.
  private mutating func resolveBoundary(_ rows: some Sequence<SourceRow>) {
    guard let boundary = position.afterID, boundary.hash != nil else { return }
    for row in rows where row.rank == position.rank && boundary.names(row.nativeID) {
      position.afterID = BoundaryID(whole: row.nativeID)
    }
  }

  /// Moves what is known to be next from `waiting` to `ready`. A row that belongs further down than
  /// the upstream page behind it comes where it stands, in the place of the row before it.
  private mutating func release() {
    let frontier = frontier ?? .max
    let isComplete = isComplete
    var stillWaiting: [SourceRow] = []
    let known = ready.count
    for row in waiting {
      if isFarAhead(row), isComplete || row.place < frontier {
        standAside(row)
      } else if isComplete || row.rank < frontier {
        ready.append(row)
      } else {
        stillWaiting.append(row)
      }
    }
    waiting = stillWaiting
    if known == nextReady {
      ready.removeFirst(known)
      nextReady = 0
    }
    let isSorted = zip(ready[nextReady...], ready[nextReady...].dropFirst()).allSatisfy {
      $0.precedes($1, in: plan.order)
    }
    guard !isSorted else { return }
    let order = plan.order
    let hadStrays = ready[nextReady...].contains { $0.rank != $0.place }
    if hadStrays { report.order = max(report.order, .reordered) }
    ready[nextReady...].sort { $0.precedes($1, in: order) }
  }

  /// Whether the row belongs behind all of the upstream page that follows it.
  private func isFarAhead(_ row: SourceRow) -> Bool {
    let last = row.membersBefore - 1 + plan.limits.maximum
    return row.rank > row.place && landmarks.indices.contains(last)
      && row.rank > landmarks[last].rank
  }

  /// Returns a row at its place instead of its rank. Pages to come read it again, and know by its
  /// place that it has been returned.
  private mutating func standAside(_ row: SourceRow) {
    var row = row
    row.rank = row.place
    row.isAside = true
    if !position.isPassed(plan.order, rank: row.place, id: row.nativeID) {
      position.returnedAhead = true
      ready.append(row)
    } else if row.place >= position.readTo, position.readTo != .max {
      position.returnedAhead = true
      late.append(row)
    }
  }

  /// More than one row of twenty out of place: the source's order is of no use. A list that is in
  /// sight whole needs no scan to be sorted; nor can a traversal begin one that has returned rows
  /// ahead of their place, for it could not tell them from the others.
  private mutating func switchesToScan(_ view: WalkedWindow) -> Bool {
    guard strays >= 2, strays * 20 > rows, canBeScanned(view) else { return false }
    switchToScan()
    return true
  }

  /// More than one row of four: the window has no order that could be walked, and to let go what
  /// seems to be in place before the disorder has been counted would put it beyond repair.
  private func isGrosslyDisordered(_ view: WalkedWindow) -> Bool {
    view.strays >= 2 && view.strays * 4 > view.ranks.count && canBeScanned(view)
  }

  private func canBeScanned(_ view: WalkedWindow) -> Bool {
    !position.returnedAhead && !(view.touchesStart && view.touchesEnd)
  }

  private mutating func switchToScan() {
    position.isScanned = true
    waiting = []
    ready = []
    nextReady = 0
  }

  private func row(_ view: WalkedWindow, _ index: Int, place: SortRank) -> SourceRow {
    SourceRow(
      rank: view.ranks[index], window: view.window, index: view.sessionIndex(index), place: place,
      membersBefore: landmarks.count)
  }
}

// MARK: Requests

extension SourceReader {
  /// Whether answers from before this request may serve it: a place that was looked for in vain, or
  /// a window that ended before anything new, may have been missed for their age.
  package var acceptsKept: Bool {
    walk.search.requests <= 2 && !walk.isStalled && !walk.suspicion.isActive
  }

  private var rowsPerRequest: Int {
    position.sawDisorder || report.rejected > 0
      ? plan.limits.maximum
      : plan.rowsPerRequest(isFirstPage: position.hint == nil && landmarks.isEmpty)
  }

  private func firstRequest() -> WindowRequest {
    let hint = position.hint ?? 0
    switch plan.direction {
    case .backward? where position.hint != nil:
      return plan.limits.window(upTo: hint + 1 + SourcePlan.overlap, count: rowsPerRequest)
    default:
      return plan.limits.window(from: max(0, hint - SourcePlan.overlap), count: rowsPerRequest)
    }
  }

  /// The window after one that was dealt with up to a member.
  private func following(_ view: WalkedWindow, member: Int) -> WindowRequest {
    let overlap = max(0, member - SourcePlan.overlap)
    return onwardRequest(view, from: overlap < view.members.count ? view.members[overlap] : 0)
  }

  private func onwardRequest(_ view: WalkedWindow, from index: Int) -> WindowRequest {
    let offset = view.listOffset(index)
    let count = max(rowsPerRequest, 2 * (SourcePlan.overlap + SourcePlan.margin))
    return view.direction == .onward
      ? plan.limits.window(from: offset, count: count)
      : plan.limits.window(upTo: offset + 1, count: count)
  }

  private mutating func search(
    _ verdict: PlaceSearch.Verdict, _ window: Window
  ) throws(Fault) {
    guard let direction = plan.direction, walk.search.requests < PlaceSearch.limit else {
      throw .placeNotFound
    }
    walk.search.note(
      verdict, window: window, direction: direction,
      seeksListEnd: direction == .backward && joinRank == .min)
    walk.next = walk.search.next(
      limits: plan.limits, direction: direction, count: rowsPerRequest,
      overlap: SourcePlan.overlap)
  }

  /// A window without any usable row says nothing about the order: the walk steps over it.
  private mutating func skip(_ window: Window) throws(Fault) {
    guard walk.search.requests < PlaceSearch.limit else { throw .placeNotFound }
    walk.search.countRequest()
    if window.requested < plan.limits.maximum, !walk.isBlind {
      // A larger one may hold the rows that this one lacks, and what it has to overlap.
      walk.next =
        plan.direction == .onward
        ? plan.limits.window(from: window.offset, count: plan.limits.maximum)
        : plan.limits.window(
          upTo: window.offset + window.rawCount, count: plan.limits.maximum)
      if walk.next?.count ?? 0 > window.requested { return }
    }
    // While a place is looked for, nothing may be stepped over. The end of the list is further on,
    // any other place is looked for before this window.
    if walk.search.isBracketing {
      let seeksListEnd = plan.direction == .backward && joinRank == .min
      let isHigher = seeksListEnd || walk.search.joinsKnown(window)
      return try search(isHigher ? .higher : .lower, window)
    }
    stepBeyond(window)
  }
}
