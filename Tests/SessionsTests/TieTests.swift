import Sessions
import Support
import Testing

/// Groups of equal times that no window shows whole, and ids that a cursor cannot hold whole.
@Suite struct TieTests {
  @Test(arguments: TraversalTests.seeds)
  func groupsLargerThanWindowsAreReadWholeUnderChurn(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let isPaged = seed % 2 == 0
    var upstream = ModelUpstream(
      name: "a",
      limits: .init(maximum: isPaged ? 30 : 20, addressing: isPaged ? .page : .offset))
    for time in 0..<Int64(4) {
      // Up to more windows than `pageBudget` has.
      for _ in 0..<([3, 25, 60, 200].randomElement(using: &generator) ?? 3) {
        upstream.insert(
          .init(id: upstream.nextID(&generator), created: time, updated: nil, status: .active))
      }
    }
    let direction: WalkDirection = generator.chance(0.5) ? .onward : .backward
    var traversal = ModelTraversal([upstream], directions: [direction])
    if direction == .backward { traversal.query.order = .newestFirst.reversed }
    traversal.readsAhead = generator.chance(0.5)
    traversal.keepsWindows = traversal.readsAhead
    var touched = Set<String>()
    let rate = generator.chance(0.3) ? 0 : 0.1
    traversal.churn = { upstreams, generator in
      guard generator.chance(rate) else { return }
      for _ in 0..<Int.random(in: 1...6, using: &generator) {
        if generator.chance(0.5) {
          let row = ModelUpstream.Row(
            id: upstreams[0].nextID(&generator), created: .random(in: 0...3, using: &generator),
            updated: nil, status: .active)
          touched.insert(row.id)
          upstreams[0].insert(row)
        } else if let row = upstreams[0].rows.indices.randomElement(using: &generator) {
          touched.insert(upstreams[0].rows.remove(at: row).id)
        }
      }
    }
    let limit = [19, 100, 500].randomElement(using: &generator) ?? 50
    let result = traversal.run(limit: { _ in limit }, generator: &generator)
    let ids = result.output.map(\.id)
    let label: Comment = "seed \(seed), \(direction), limit \(limit), \(upstream.rows.count) rows"
    let isFinished = result.isFinished
    #expect(isFinished && result.failure == nil, label)
    #expect(result.pagesWithoutProgress == 0, label)
    #expect(Set(ids).count == ids.count, label)
    let lost = Set(upstream.rows.map(\.id)).subtracting(ids).subtracting(touched)
    #expect(lost.isEmpty, "lost \(lost.count): \(label)")
    let order = traversal.query.order
    let isOrdered = zip(result.output, result.output.dropFirst()).allSatisfy {
      TraversalTests.precedes($0, $1, order)
    }
    #expect(isOrdered, label)
  }

  @Test(arguments: TraversalTests.seeds)
  func longIdsOfOneMillisecondAreToldApart(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var upstream = ModelUpstream(name: "a", limits: .init(maximum: 40, addressing: .offset))
    for index in 0..<150 {
      let padding = String(
        repeating: "p",
        count: Int.random(in: generator.chance(0.5) ? 24...30 : 30...290, using: &generator))
      upstream.insert(
        .init(id: "\(padding)-\(index)", created: Int64(index / 50), updated: nil, status: .active))
    }
    let direction: WalkDirection = seed % 2 == 0 ? .onward : .backward
    var traversal = ModelTraversal([upstream], directions: [direction])
    if direction == .backward { traversal.query.order = .newestFirst.reversed }
    let result = traversal.run(
      limit: { Int.random(in: 1...9, using: &$0) }, generator: &generator)
    let ids = result.output.map(\.id)
    #expect(Set(ids).count == ids.count, "seed \(seed)")
    #expect(Set(ids) == Set(upstream.rows.map(\.id)), "seed \(seed)")
    #expect(result.longestCursor < 200, "seed \(seed)")
  }
}

/// `updatedAt`, ascending: the order to synchronise by.
@Suite struct SynchronisingTests {
  @Test(arguments: TraversalTests.seeds)
  func everyChangeIsSeenAndNothingElseTwice(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var upstream = ModelUpstream(name: "a", limits: .init(maximum: 60, addressing: .offset))
    let order = SessionOrder(.updatedAt, descending: false)
    upstream.order = order
    for _ in 0..<Int.random(in: 0...700, using: &generator) {
      upstream.insert(Scenario.row(&upstream, span: 3_000, &generator))
    }
    var traversal = ModelTraversal([upstream])
    traversal.query.order = order
    traversal.readsAhead = generator.chance(0.5)
    traversal.keepsWindows = traversal.readsAhead
    var updated = Set<String>()
    var now: Int64 = 10_000
    var left = 300
    traversal.churn = { upstreams, generator in
      guard left > 0, generator.chance(0.5) else { return }
      for _ in 0..<Int.random(in: 1...5, using: &generator) {
        guard let index = upstreams[0].rows.indices.randomElement(using: &generator),
          upstreams[0].rows[index].updated != nil
        else { continue }
        var row = upstreams[0].rows.remove(at: index)
        now += Int64.random(in: 0...2, using: &generator)
        row.updated = now
        updated.insert(row.id)
        left -= 1
        upstreams[0].insert(row)
      }
    }
    let result = traversal.run(
      limit: { Int.random(in: 1...120, using: &$0) }, generator: &generator)
    let keys = result.output.map { "\($0.id) \($0.rank)" }
    let label: Comment = "seed \(seed), \(upstream.rows.count) rows"
    #expect(Set(keys).count == keys.count, label)
    let counts = Dictionary(result.output.map { ($0.id, 1) }, uniquingKeysWith: +)
    // A kept window may be older than a change; a changed session is then for the next synchronisation.
    for row in upstream.rows where !(traversal.keepsWindows && updated.contains(row.id)) {
      #expect(counts[row.id] == 1 || updated.contains(row.id) && counts[row.id] != nil, label)
    }
    let ranks = result.output.map(\.rank)
    #expect(zip(ranks, ranks.dropFirst()).allSatisfy(<=), label)
  }

  /// A short list of which the first window is kept, and most of which has moved up by then: the row
  /// at the place may have been updated, and is met again at the list's end.
  @Test func aRowThatHasMovedIsNoWitness() {
    for seed in 0..<UInt64(300) {
      var generator = SeededGenerator(seed: seed)
      var upstream = ModelUpstream(name: "a", limits: .init(maximum: 500, addressing: .offset))
      let order = SessionOrder(.updatedAt, descending: false)
      upstream.order = order
      for _ in 0..<60 { upstream.insert(Scenario.row(&upstream, span: 300_000, &generator)) }
      var traversal = ModelTraversal([upstream])
      traversal.query.order = order
      traversal.readsAhead = true
      traversal.keepsWindows = true
      var touched = Set<String>()
      traversal.churn = { upstreams, generator in
        Scenario.change(&upstreams, rate: 0.5, updates: true, touched: &touched, &generator)
      }
      traversal.endsAtItsStart = generator.chance(0.5)
      let result = traversal.run(limit: { _ in 17 }, generator: &generator)
      let lost = Set(upstream.rows.map { "a:\($0.id)" })
        .subtracting(result.output.map { "a:\($0.id)" }).subtracting(touched)
      #expect(lost.isEmpty, "seed \(seed): \(lost.count) lost")
    }
  }
}
