/// What becomes of the rows that the walk has passed.
extension SourceReader {
  /// Takes every row that stands at one of the given members or between them.
  mutating func deal(with view: WalkedWindow, _ members: Range<Int>) {
    // Rows out of place may stand before the first that is in order.
    let opening = members.lowerBound == 0 ? opening(of: view) : nil
    let first =
      opening ?? (members.isEmpty ? view.ranks.count : view.members[members.lowerBound])
    let last =
      members.upperBound < view.members.count
      ? view.members[members.upperBound] : view.ranks.count
    walk.dealt = (view, last)
    guard first < last else { return dealWithGroup() }
    // Rows beside a group wait for it; without one, none is copied.
    let hasGroup = !walk.group.isEmpty
    var besideGroup: [SourceRow] = []
    if !hasGroup {
      if position.afterID?.hash != nil {
        resolveBoundary((first..<last).map { row(view, $0, place: joinRank) })
      }
      reserveRows(last - first)
    }
    var member = members.lowerBound
    var place = view.members.isEmpty ? joinRank : view.ranks[view.members[member]]
    for index in first..<last {
      if member < view.members.count, view.members[member] == index {
        place = view.ranks[index]
        member += 1
      }
      if !hasGroup {
        deal(with: row(view, index, place: place))
      } else if belongsToGroup(view, index, place: place) {
        gather(view, index)
      } else {
        besideGroup.append(row(view, index, place: place))
      }
    }
    if hasGroup {
      dealWithGroup()
      deal(with: besideGroup)
    }
  }

  /// The place was taken too far where rows at the end of the window before were further out of
  /// place than its margin: those, and the rows behind them that belong before the place, are dealt
  /// with now.
  mutating func dealWithOverlooked(_ view: WalkedWindow, before member: Int) {
    let first = member < view.members.count ? view.members[member] : view.ranks.count
    guard let dealt = walk.dealt,
      let start = (0..<first).first(where: { index in
        dealt.view.has(view, index, among: dealt.count..<dealt.view.ranks.count)
      })
    else { return }
    let overlooked = (start..<first).filter { index in
      !dealt.view.has(view, index, among: 0..<dealt.count)
        && !walk.groupIDs.contains(RowIdentity(view.window, view.sessionIndex(index)))
    }.map { index in
      // Earlier pages may have returned a row ahead of its rank, at the place where it stands.
      let stands = view.members.last { $0 < index }.map { view.ranks[$0] } ?? joinRank
      return row(view, index, place: view.ranks[index] < joinRank ? joinRank : stands)
    }
    deal(with: overlooked)
  }

  /// Index of the first row of the group that is being gathered: what stands behind it is new.
  func groupStart(in view: WalkedWindow) -> Int? {
    guard !walk.group.isEmpty else { return nil }
    // By rank as well: a row of the group that has been updated since stands elsewhere.
    return view.ranks.indices.first {
      view.ranks[$0] == joinRank
        && walk.groupIDs.contains(RowIdentity(view.window, view.sessionIndex($0)))
    }
  }

  mutating func dealWithGroup() {
    let group = walk.group
    walk.group = []
    walk.groupIDs = []
    deal(with: group)
  }

  private mutating func deal(with dealt: [SourceRow]) {
    resolveBoundary(dealt)
    reserveRows(dealt.count)
    for row in dealt { deal(with: row) }
  }

  private mutating func reserveRows(_ count: Int) {
    waiting.reserveCapacity(waiting.count + count)
    landmarks.reserveCapacity(landmarks.count + count)
  }

  private mutating func deal(with row: consuming SourceRow) {
    rows += 1
    if row.rank == row.place {
      landmarks.append((row.rank, row.listOffset))
    } else {
      strays += 1
      position.sawDisorder = true
    }
    row.ordinal = landmarks.count
    guard plan.admits(row.rank) else { return }
    let isPassed = position.isPassed(plan.order, rank: row.rank, id: row.nativeID)
    guard !isPassed || isUnread(row), plan.matcher.matches(row) else { return }
    if isPassed { appendLate(row) } else { waiting.append(row) }
  }

  /// Whether a row that belongs where this traversal has been stands where it has not.
  func isUnread(_ row: SourceRow) -> Bool {
    row.rank != row.place && row.place >= position.readTo && position.readTo != .max
  }

  mutating func appendLate(_ row: SourceRow) {
    if row.place == position.readTo, lateSkipped < position.lateReturned {
      lateSkipped += 1
    } else {
      late.append(row)
    }
  }

  /// Rows out of place among the group's are part of it, as no window to come may show them.
  mutating func gather(_ view: WalkedWindow, _ index: Int) {
    let id = RowIdentity(view.window, view.sessionIndex(index))
    guard walk.groupIDs.insert(id).inserted else { return }
    walk.group.append(row(view, index, place: joinRank))
  }

  private func belongsToGroup(_ view: WalkedWindow, _ index: Int, place: SortRank) -> Bool {
    place == joinRank
      || walk.groupIDs.contains(RowIdentity(view.window, view.sessionIndex(index)))
  }

  /// A boundary that the cursor holds by hash gets its whole id back from the row that has it.
  mutating func resolveBoundary(_ rows: some Sequence<SourceRow>) {
    guard let boundary = position.afterID, boundary.hash != nil else { return }
    for row in rows where row.rank == position.rank && boundary.names(row.nativeID) {
      position.afterID = BoundaryID(whole: row.nativeID)
    }
  }

  /// Moves what is known to be next from `waiting` to `ready`. A row that belongs further down than
  /// the upstream page behind it comes where it stands, in the place of the row before it.
  mutating func release() {
    let frontier = frontier ?? .max
    let isComplete = isComplete
    if nextReady == ready.count {
      ready.removeAll(keepingCapacity: true)
      nextReady = 0
    }
    let allGo = waiting.allSatisfy { !isFarAhead($0) && (isComplete || $0.rank < frontier) }
    if allGo, ready.isEmpty {
      swap(&ready, &waiting)
    } else {
      releaseSome(before: frontier)
    }
    let isSorted = (nextReady..<ready.count).dropFirst().allSatisfy { index in
      ready[index - 1].rank != ready[index].rank
        ? ready[index - 1].rank < ready[index].rank
        : ready[index - 1].precedes(ready[index], in: plan.order)
    }
    guard !isSorted else { return }
    let order = plan.order
    let hadStrays = ready[nextReady...].contains { $0.rank != $0.place }
    if hadStrays { report.order = max(report.order, .reordered) }
    // In place: to sort a slice copies all rows twice.
    ready.removeFirst(nextReady)
    nextReady = 0
    ready.sort { $0.precedes($1, in: order) }
  }

  private mutating func releaseSome(before frontier: SortRank) {
    var stillWaiting: [SourceRow] = []
    ready.reserveCapacity(ready.count + waiting.count)
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
  }

  /// Whether the row belongs behind all of the upstream page that follows it.
  private func isFarAhead(_ row: SourceRow) -> Bool {
    let last = row.ordinal - 1 + plan.limits.maximum
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
      appendLate(row)
    }
  }

  /// More than one row of twenty out of place: the source's order is of no use. A list that is in
  /// sight whole needs no scan to be sorted; nor can a traversal begin one that has returned rows
  /// ahead of their place, for it could not tell them from the others.
  mutating func switchesToScan(_ view: WalkedWindow) -> Bool {
    guard strays >= 2, strays * 20 > rows, canBeScanned(view) else { return false }
    switchToScan()
    return true
  }

  /// More than one row of four: the window has no order that could be walked, and to let go what
  /// seems to be in place before the disorder has been counted would put it beyond repair.
  func isGrosslyDisordered(_ view: WalkedWindow) -> Bool {
    view.strays >= 2 && view.strays * 4 > view.ranks.count && canBeScanned(view)
  }

  private func canBeScanned(_ view: WalkedWindow) -> Bool {
    !position.returnedAhead && !(view.touchesStart && view.touchesEnd)
  }

  mutating func switchToScan() {
    position.isScanned = true
    if joinRank > position.readTo {
      position.readTo = joinRank
      position.lateReturned = 0
    }
    waiting = []
    ready = []
    nextReady = 0
  }

  func row(_ view: WalkedWindow, _ index: Int, place: SortRank) -> SourceRow {
    SourceRow(
      rank: view.ranks[index], window: view.window, index: view.sessionIndex(index), place: place)
  }
}
