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
  package internal(set) var position: SourcePosition
  package internal(set) var report = Report()

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
  var joinRank: SortRank
  var walk: Walk
  /// Nothing more is to be read: the list's end, or the edge of the admitted ranks, has been seen.
  package internal(set) var isComplete: Bool
  /// Rows found too far out of place: they come first, and at once.
  var late: [SourceRow] = []
  /// The place of the last late row that was taken, and how many late rows of it have been taken, on
  /// this page or before it.
  var lateTaken: (place: SortRank, count: Int)?
  /// How many late rows at `position.readTo` were met again that earlier pages have returned.
  var lateSkipped = 0
  /// Rows in order, ready to be taken from `nextReady` on.
  var ready: [SourceRow] = []
  var nextReady = 0
  /// Rows whose place in the order has not been read up to.
  var waiting: [SourceRow] = []
  /// Rank and list offset of every row in order that this page has dealt with.
  var landmarks: [(rank: SortRank, offset: Int)] = []
  var strays = 0
  var rows = 0

  /// Fresh windows in a row that may bring nothing new: a list may shrink while it is read, but an
  /// upstream that gives one page for all never gets further.
  static let mostStalls = 8
  /// Windows in a row that may leave the walk where it is: several searches for one place. Whatever
  /// the upstream shows, a page comes to an end.
  static let mostIdle = 4 * PlaceSearch.limit

  struct Walk {
    var isOutstanding = false
    var next: WindowRequest?
    var search = PlaceSearch()
    /// Rows of a tie group that one window does not show whole.
    var group: [SourceRow] = []
    var groupIDs: Set<RowIdentity> = []
    /// The first row of the latest window of the group.
    var groupTop: RowIdentity?
    /// The last window that rows were taken from, and how many of its rows, from the first in walk
    /// order, have been dealt with.
    var dealt: (view: WalkedWindow, count: Int)?
    /// The list's first usable row, when the window that showed it had too few to go on from: a
    /// window that shows it too shows all that comes after it.
    var opening: (row: RowIdentity, rank: SortRank)?
    /// The window before this one had no usable row, so that there is nothing to overlap with.
    var isBlind = false
    /// How many windows in a row did not bring the walk on.
    var idle = 0
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

  package var headRank: SortRank? {
    if let row = late.first { return row.rank }
    return nextReady < ready.count ? ready[nextReady].rank : nil
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

  package var isExhausted: Bool { isComplete && headRank == nil }

  /// Whether only this source's next window can tell what comes next, given the rank of the best
  /// session that another source offers.
  package func blocks(_ rank: SortRank?) -> Bool {
    guard headRank == nil, let frontier else { return false }
    return rank.map { frontier <= $0 } ?? true
  }

  package mutating func take() -> SourceRow? {
    if !late.isEmpty {
      report.order = max(report.order, .late)
      let row = late.removeFirst()
      let before =
        row.place == lateTaken?.place
        ? lateTaken?.count : row.place == position.readTo ? position.lateReturned : nil
      lateTaken = (row.place, (before ?? 0) + 1)
      return row
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
    // Late rows come in the order of their places; those that the page had no room for are read
    // again, and none of the others.
    let unreturned = late.first.map { max($0.place, lateTaken?.place ?? .min) } ?? .max
    let readTo = min(max(position.readTo, isComplete ? .max : joinRank), unreturned)
    if let lateTaken, lateTaken.place == readTo {
      position.lateReturned = lateTaken.count
    } else if readTo != position.readTo {
      position.lateReturned = 0
    }
    position.readTo = readTo
    guard !position.isScanned else { return position }
    let pending = strays == 0 ? .max : firstPlaceOfStrays
    position.anchor = min(position.rank, pending, unreturned)
    position.sawDisorder = position.sawDisorder || strays > 0
    if let landmark = landmarks.first(where: { $0.rank >= position.anchor }) ?? landmarks.last {
      position.hint = landmark.offset
    }
    return position
  }

  /// Where the first row out of place that the page has read and not returned stands.
  private var firstPlaceOfStrays: SortRank {
    let unreturned = [waiting[...], ready[nextReady...]].joined()
    return unreturned.lazy.filter { $0.rank != $0.place }.map(\.place).min() ?? .max
  }
}
