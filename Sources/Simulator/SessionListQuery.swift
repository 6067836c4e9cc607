/// Which rows of a data set, in which order.
struct SessionListQuery {
  enum Order { case created, updated, title }

  var order = Order.created
  var ascending = false
  var includesSubSessions = true
  var includesTasks = true
  /// Both ends belong to it.
  var created: ClosedRange<Int64>?
  /// What else a row has to be; nil for no further condition.
  var matches: ((SimulatedSession) -> Bool)?
}

extension SimulatedDataset {
  /// Up to `limit` rows from the `offset`th on, and whether there are more after them.
  func window(
    _ query: SessionListQuery, offset: Int, limit: Int
  ) -> (rows: [SimulatedSession], hasMore: Bool) {
    var rows: [SimulatedSession] = []
    var (skipped, hasMore) = (0, false)
    visit(query, startingAt: offset) { session, isCounted in
      if !isCounted && skipped < offset {
        skipped += 1
        return true
      }
      guard rows.count < limit else {
        hasMore = true
        return false
      }
      rows.append(session)
      return true
    }
    return (rows, hasMore)
  }

  func count(_ query: SessionListQuery) -> Int {
    let plain = isPlain(query)
    if query.matches == nil, query.created == nil, plain || includesAll(query) {
      return index(by: .created, plain: plain).count
    }
    var count = 0
    visit(query, startingAt: 0) { _, _ in
      count += 1
      return true
    }
    return count
  }

  private func isPlain(_ query: SessionListQuery) -> Bool {
    !query.includesSubSessions && !query.includesTasks
  }

  private func includesAll(_ query: SessionListQuery) -> Bool {
    query.includesSubSessions && query.includesTasks
  }

  /// Hands over the rows of `query` in order until `body` says false. Where the place of a row is
  /// known without looking at those before it, the walk starts at `offset`; such rows come with
  /// `isCounted`.
  private func visit(
    _ query: SessionListQuery, startingAt offset: Int,
    _ body: (_ session: SimulatedSession, _ isCounted: Bool) -> Bool
  ) {
    if query.order == .title { return visitByTitle(query) { body($0, false) } }
    let index = index(by: query.order == .updated ? .updated : .created, plain: isPlain(query))
    var (start, end) = (0, index.count)
    var checksTime = query.created != nil
    if let range = query.created, query.order == .created, disorder == .none {
      let positions = index.positions(in: range)
      start = query.ascending ? positions.lowerBound : index.count - positions.upperBound
      end = start + positions.count
      checksTime = false
    }
    let isDirect =
      query.matches == nil && !checksTime && (isPlain(query) || includesAll(query))
    if isDirect { start = min(end, start + min(offset, end)) }
    for position in start..<end {
      let serial = index.serial(at: position, ascending: query.ascending)
      let session = sessions[Int(serial)]
      if !isDirect && !accepts(query, session) { continue }
      if !body(session, isDirect) { return }
    }
  }

  /// Sorts at every request: nobody pages deep by title.
  private func visitByTitle(_ query: SessionListQuery, _ body: (SimulatedSession) -> Bool) {
    let titles = AthenaTraits(self)
    var rows: [(title: String, session: SimulatedSession)] = []
    for session in sessions where !session.isDeleted && accepts(query, session) {
      rows.append((titles.title(session) ?? "", session))
    }
    rows.sort { left, right in
      if left.title == right.title { return left.session.serial < right.session.serial }
      return (left.title < right.title) == query.ascending
    }
    for row in rows where !body(row.session) { return }
  }

  private func accepts(_ query: SessionListQuery, _ session: SimulatedSession) -> Bool {
    if !query.includesSubSessions && session.isSubSession { return false }
    if !query.includesTasks && session.isTask { return false }
    if let range = query.created, !range.contains(session.created.microseconds) { return false }
    return query.matches?(session) ?? true
  }
}
