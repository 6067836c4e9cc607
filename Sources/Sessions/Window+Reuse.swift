extension Window {
  /// Whether this window, kept from before, can stand for the answer to a request: it shows the near
  /// side of what is wanted, and at least one row that a walk does not know yet. Where it ends short
  /// of the request, the walk goes on with a request of its own; so nobody needs to fetch again what
  /// an answer holds beyond the page that it was fetched for.
  package func serves(_ request: WindowRequest, _ direction: WalkDirection) -> Bool {
    let least = SourcePlan.overlap + SourcePlan.margin + 1
    let past = offset + rawCount
    let wanted = request.offset + request.count
    switch direction {
    case .onward:
      return offset <= request.offset
        && (past >= request.offset + min(least, request.count)
          || end == .here && (rawCount > 0 || offset == 0))
    case .backward:
      return (past >= wanted || end == .here && (rawCount > 0 || offset == 0))
        && (offset == 0 || offset <= wanted - min(least, request.count))
    }
  }
}
