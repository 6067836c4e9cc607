/// Merges the readers of all sources into one page: takes the next session of all until the page is
/// full, and says which source has to be read on before that can be known. Pure.
package struct PageBuilder {
  package let order: SessionOrder
  package let limit: Int
  /// Windows that filtering may cost a source on one page.
  package let pageBudget: Int
  package private(set) var sources: [Source]
  package private(set) var rows: [(source: Int, row: SourceRow)] = []
  /// Index into `rows` of the last session returned in order.
  private var reached: Int?

  package struct Source {
    package internal(set) var reader: SourceReader
    package internal(set) var hasFailed = false
    package internal(set) var returned = 0
    /// What the global ids of this source begin with.
    let idPrefix: [UInt8]

    package init(idPrefix: [UInt8], reader: SourceReader) {
      self.idPrefix = idPrefix
      self.reader = reader
    }
  }

  package init(order: SessionOrder, limit: Int, pageBudget: Int, sources: [Source]) {
    self.order = order
    self.limit = limit
    self.pageBudget = pageBudget
    self.sources = sources
    rows.reserveCapacity(limit)
  }

  package var hasMore: Bool { sources.contains { !$0.reader.isExhausted } }

  // Asked here: another module copies a whole reader to look at one of its properties.
  package func isExhausted(_ source: Int) -> Bool { sources[source].reader.isExhausted }
  package func needsScan(_ source: Int) -> Bool { sources[source].reader.needsScan }
  package func acceptsKept(_ source: Int) -> Bool { sources[source].reader.acceptsKept }
  package func report(_ source: Int) -> SourceReader.Report { sources[source].reader.report }
  package func returned(_ source: Int) -> Int { sources[source].returned }

  /// Where each source is to be read on from, by the order of `sources`.
  package var positions: [SourcePosition] {
    sources.indices.map { sources[$0].reader.finalPosition() }
  }

  /// Takes all that is known, and gives the sources that have to be read on now: none while what the
  /// page waits for is outstanding, and nil once it is done.
  package mutating func fill() -> [Int]? {
    while rows.count < limit {
      if let source = sources.indices.first(where: { sources[$0].reader.headIsLate }) {
        take(source, inOrder: false)
        continue
      }
      let best = bestSource()
      let rank = best.flatMap { sources[$0].reader.headRank }
      let blocking = sources.indices.filter {
        !sources[$0].hasFailed && sources[$0].reader.blocks(rank)
      }
      if blocking.isEmpty {
        guard let best else { break }
        take(best, inOrder: true)
        continue
      }
      for source in sources.indices { advance(source) }
      // The page ends once the source that holds it back has spent its budget. One that is merely
      // slow is waited for, whatever the others have spent: else it would never get its turn.
      let frontier = blocking.compactMap { sources[$0].reader.frontier }.min() ?? .min
      guard
        blocking.contains(where: {
          hasSpentBudget($0) && sources[$0].reader.frontier == frontier
        })
      else { return blocking.filter { !hasSpentBudget($0) } }
      for source in sources.indices {
        sources[source].reader.advance(to: frontier, afterID: nil)
      }
      return nil
    }
    finish()
    return nil
  }

  /// A source out of order needs to look a page ahead of what it lets go: three windows at least.
  private func hasSpentBudget(_ source: Int) -> Bool {
    let budget = sources[source].reader.position.sawDisorder ? max(3, pageBudget) : pageBudget
    return sources[source].reader.report.reads >= budget && !sources[source].reader.needsScan
  }

  package mutating func nextRequest(_ source: Int) -> WindowRequest? {
    sources[source].reader.nextRequest()
  }

  package mutating func receive(
    _ window: Window, from source: Int
  ) throws(SourceReader.Fault) {
    try sources[source].reader.receive(window)
  }

  package mutating func receive(scan: ScannedList, from source: Int) {
    sources[source].reader.receive(scan: scan)
  }

  /// The source gives nothing more on this page; what was read of it before is used.
  package mutating func fail(_ source: Int) {
    sources[source].reader.requestFailed()
    sources[source].hasFailed = true
  }

  private mutating func finish() {
    let isFull = rows.count >= limit
    for source in sources.indices {
      if isFull { advance(source) } else { sources[source].reader.advanceToFrontier() }
    }
  }

  private mutating func take(_ source: Int, inOrder: Bool) {
    guard let row = sources[source].reader.take() else { return }
    if inOrder { reached = rows.count }
    rows.append((source, row))
    sources[source].returned += 1
  }

  /// The source whose head comes first; ids of different sources differ in their prefixes already.
  private func bestSource() -> Int? {
    var best: (source: Int, rank: SortRank)?
    for source in sources.indices {
      guard let rank = sources[source].reader.headRank else { continue }
      if let best {
        let isBefore =
          rank != best.rank ? rank < best.rank : prefixPrecedes(source, best.source)
        guard isBefore else { continue }
      }
      best = (source, rank)
    }
    return best?.source
  }

  private func prefixPrecedes(_ left: Int, _ right: Int) -> Bool {
    sources[left].idPrefix.withUnsafeBytes { left in
      sources[right].idPrefix.withUnsafeBytes { order.precedes(left, $0) }
    }
  }

  /// Moves a source's position to the last session that the page has returned in order: sessions of
  /// the same rank in a source whose ids come before have been returned too, those of a source whose
  /// ids come after have not.
  private mutating func advance(_ source: Int) {
    guard let reached else { return }
    let (last, row) = rows[reached]
    if source == last {
      sources[source].reader.advance(to: row.rank, afterID: BoundaryID(whole: row.nativeID))
    } else if prefixPrecedes(source, last), row.rank < .max {
      sources[source].reader.advance(to: row.rank + 1, afterID: nil)
    } else {
      sources[source].reader.advance(to: row.rank, afterID: nil)
    }
  }
}
