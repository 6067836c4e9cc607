/// Which window to ask for next.
extension SourceReader {
  /// Whether answers from before this request may serve it: a place that was looked for in vain, or
  /// a window that ended before anything new, may have been missed for their age.
  package var acceptsKept: Bool {
    walk.idle <= 2 && !walk.isStalled && !walk.suspicion.isActive
  }

  var rowsPerRequest: Int {
    position.sawDisorder || report.rejected > 0
      ? plan.limits.maximum
      : plan.rowsPerRequest(isFirstPage: position.hint == nil && landmarks.isEmpty)
  }

  func firstRequest() -> WindowRequest {
    let hint = position.hint ?? 0
    switch plan.direction {
    case .backward? where position.hint != nil:
      return plan.limits.window(upTo: hint + 1 + SourcePlan.overlap, count: rowsPerRequest)
    default:
      return plan.limits.window(from: max(0, hint - SourcePlan.overlap), count: rowsPerRequest)
    }
  }

  /// The window after one that was dealt with up to a member.
  func following(_ view: WalkedWindow, member: Int) -> WindowRequest {
    let overlap = max(0, member - SourcePlan.overlap)
    return onwardRequest(view, from: overlap < view.members.count ? view.members[overlap] : 0)
  }

  func onwardRequest(_ view: WalkedWindow, from index: Int) -> WindowRequest {
    let offset = view.listOffset(index)
    let count = max(rowsPerRequest, 2 * (SourcePlan.overlap + SourcePlan.margin))
    return view.direction == .onward
      ? plan.limits.window(from: offset, count: count)
      : plan.limits.window(upTo: offset + 1, count: count)
  }

  mutating func search(
    _ verdict: PlaceSearch.Verdict, _ window: Window
  ) throws(Fault) {
    guard let direction = plan.direction, walk.search.requests < PlaceSearch.limit else {
      throw .placeNotFound
    }
    walk.search.note(
      verdict, window: window, direction: direction,
      seeksListEnd: direction == .backward && joinRank == .min)
    // Rows that are no evidence may stand before the place: whoever comes back to it in vain looks
    // further back.
    let overlap = min(SourcePlan.overlap + walk.search.requests, plan.limits.maximum / 2)
    walk.next = walk.search.next(
      limits: plan.limits, direction: direction, count: rowsPerRequest, overlap: overlap)
  }

  /// The list's end, of which a window shows too little to say where it is: the list may have moved
  /// since it was looked at. Nil when the window is somewhere else, or shows as much as can be.
  func largerEnd(_ window: Window) -> WindowRequest? {
    guard window.end == .here, window.rawCount > 0 else { return nil }
    // With room for one row more, which is missing: that shows the end.
    let larger = plan.limits.window(
      upTo: window.offset + window.rawCount + 1, count: plan.limits.maximum)
    return larger.offset < window.offset ? larger : nil
  }

  /// A window without any usable row says nothing about the order: the walk steps over it.
  mutating func skip(_ view: WalkedWindow) throws(Fault) {
    let window = view.window
    if view.touchesStart { walk.search = PlaceSearch() }
    guard walk.search.requests < PlaceSearch.limit else { throw .placeNotFound }
    walk.search.countRequest()
    if window.requested < plan.limits.maximum, !walk.isBlind {
      // A larger one may hold the rows that this one lacks, and what it has to overlap.
      walk.next =
        plan.direction == .onward
        ? plan.limits.window(from: window.offset, count: plan.limits.maximum)
        : plan.limits.window(
          upTo: window.offset + window.requested, count: plan.limits.maximum)
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
