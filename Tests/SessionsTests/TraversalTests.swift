import Sessions
import Support
import Testing

/// The guarantees of a traversal (docs/PAGING.md) over random lists that change while they are read.
/// The oracle is a plain sort and filter of the data.
@Suite struct TraversalTests {
  /// `TRAVERSAL_SEEDS=from-to` runs others: thousands in a soak, one to look at it.
  static let seeds = Support.seeds("TRAVERSAL_SEEDS", default: 0..<60)

  @Test(arguments: seeds)
  func newestFirstIsCompleteOrderedAndFreeOfDoubles(seed: UInt64) {
    check(seed, order: .newestFirst)
  }

  @Test(arguments: seeds)
  func oldestFirstIsCompleteOrderedAndFreeOfDoubles(seed: UInt64) {
    check(seed, order: .newestFirst.reversed)
  }

  @Test(arguments: seeds)
  func failingSourcesLoseNothing(seed: UInt64) {
    check(seed, order: seed % 2 == 0 ? .newestFirst : .newestFirst.reversed, faults: 0.2)
  }

  @Test(arguments: seeds)
  func scannedOrdersAreCompleteOrderedAndFreeOfDoubles(seed: UInt64) {
    check(
      seed, order: SessionOrder(.updatedAt, descending: seed % 2 == 0), scanned: true)
  }

  /// Some sources list by the time of the last update, others are scanned; sessions are updated, and
  /// so move, all the while.
  @Test(arguments: seeds)
  func updatedOrdersLoseNothingThatStays(seed: UInt64) {
    check(
      seed, order: SessionOrder(.updatedAt, descending: seed % 2 == 0),
      faults: seed % 3 == 0 ? 0.1 : 0)
  }

  /// The few rows with which the list ends are no evidence, and it grows before more are shown.
  @Test func aListThatEndsInUnusableRowsIsReadFromItsEnd() {
    for rows in 240..<280 {
      for request in 1..<12 {
        var generator = SeededGenerator(seed: 0)
        var upstream = CostTests.list(rows, .init(maximum: 40, addressing: .offset))
        upstream.rows[rows - 1].isUnusable = true
        let listed = Set(upstream.rows.dropLast().map(\.id))
        var traversal = ModelTraversal([upstream], directions: [.backward])
        traversal.query.order = .newestFirst.reversed
        traversal.churn = { upstreams, _ in
          guard upstreams[0].requests == request else { return }
          for new in 0..<6 where upstreams[0].rows.count < rows + 6 {
            upstreams[0].rows.insert(
              .init(id: "new\(new)", created: 2_000_000, updated: nil, status: .active), at: 0)
          }
        }
        let result = traversal.run(limit: { _ in 60 }, generator: &generator)
        let lost = listed.subtracting(result.output.map(\.id))
        #expect(lost.isEmpty, "\(rows) rows, \(request) requests: \(lost.count) lost")
      }
    }
  }

  /// Forty rows go with each of many requests, so that what was seen is nowhere near by the next.
  @Test func aListThatMovesFasterThanItCanBeReadIsReadLater() {
    var generator = SeededGenerator(seed: 0)
    let upstream = CostTests.list(8_000, .init(maximum: 40, addressing: .offset))
    let listed = Set(upstream.rows[7_000...].map(\.id))
    var traversal = ModelTraversal([upstream])
    traversal.query.filter.createdBefore = .init(
      milliseconds: upstream.rows[7_000].created + 1)
    traversal.outrunsSearches = true
    traversal.churn = { upstreams, _ in
      if upstreams[0].rows.count > 1_100 { upstreams[0].rows.removeFirst(40) }
    }
    let result = traversal.run(limit: { _ in 60 }, generator: &generator)
    #expect(result.placesNotFound == 1)
    let isFinished = result.isFinished
    #expect(isFinished && Set(result.output.map(\.id)) == listed)
    #expect(result.output.count == listed.count)
  }

  private func check(
    _ seed: UInt64, order: SessionOrder, faults: Double = 0, scanned: Bool = false
  ) {
    var generator = SeededGenerator(seed: seed)
    let scenario = Scenario(order: order, scanned: scanned, generator: &generator)
    var traversal = scenario.traversal
    traversal.faults = faults
    traversal.endsAtItsStart = true
    let before = traversal.upstreams
    let fixed = scenario.pageSize
    var touched = Set<String>()
    let rate = scenario.churnRate
    traversal.outrunsSearches = rate > 0.5
    traversal.churn = { upstreams, generator in
      Scenario.change(
        &upstreams, rate: rate, updates: order.key == .updatedAt && !scanned, touched: &touched,
        &generator)
    }
    let result = traversal.run(
      limit: { fixed ?? Int.random(in: 1...60, using: &$0) }, generator: &generator)
    let label = "seed \(seed), \(scenario.description)"
    #expect(result.failure == nil, "\(label)")
    #expect(result.placesNotFound <= 1, "\(label)")
    let isFinished = result.isFinished
    #expect(isFinished, "page \(result.pages): \(label)")
    #expect(result.pagesWithoutProgress == 0, "\(label)")

    let keys = result.output.map { "\($0.source):\($0.id)" }
    // One that was updated meanwhile may come again, at its new place.
    let places = result.output.map { "\($0.source):\($0.id)@\($0.rank)" }
    #expect(Set(places).count == places.count, "doubles: \(label)")
    let expected = before.flatMap { upstream in
      upstream.rows.filter { scenario.accepts($0) }.map { "\(upstream.name):\($0.id)" }
    }
    let lost = Set(expected).subtracting(keys).subtracting(touched)
    #expect(lost.isEmpty, "lost \(lost.count) of \(expected.count): \(label) \(lost.prefix(3))")
    if ModelTraversal.traces {
      for upstream in before {
        for row in upstream.rows where lost.contains("\(upstream.name):\(row.id)") {
          print("lost", upstream.name, row.id, ModelUpstream.rank(row, order))
        }
      }
    }
    if faults == 0 {
      let sorted = result.output.sorted { Self.precedes($0, $1, order) }
      // The library would look for the difference, for minutes.
      let isSorted = result.output == sorted
      #expect(isSorted, "out of order: \(label)")
    }
    #expect(result.longestCursor <= 600, "cursor of \(result.longestCursor): \(label)")
  }

  static func precedes(
    _ left: ModelTraversal.Output, _ right: ModelTraversal.Output, _ order: SessionOrder
  ) -> Bool {
    if left.rank != right.rank { return left.rank < right.rank }
    let leftID = Array("\(left.source):\(left.id)".utf8)
    let rightID = Array("\(right.source):\(right.id)".utf8)
    return order.descending
      ? rightID.lexicographicallyPrecedes(leftID) : leftID.lexicographicallyPrecedes(rightID)
  }
}

/// A random set of sources, lists and a query, from a seed.
struct Scenario {
  var traversal: ModelTraversal
  var churnRate: Double
  var pageSize: Int?
  var description: String
  private let statuses: Set<SessionStatus>
  private let admitted: ClosedRange<SortRank>
  private let order: SessionOrder

  init(order: SessionOrder, scanned: Bool, generator: inout SeededGenerator) {
    let sources = Int.random(in: 1...3, using: &generator)
    let span = [50, 2_000, 1_000_000].randomElement(using: &generator) ?? 50
    let limits: [WindowLimits] = [
      .init(maximum: 250, addressing: .offset), .init(maximum: 100, addressing: .page),
      .init(maximum: 40, addressing: .offset),
    ]
    var upstreams: [ModelUpstream] = []
    for index in 0..<sources {
      var upstream = ModelUpstream(name: ["anam-eu", "anam", "z"][index], limits: limits[index])
      upstream.tellsTotal = index == 1
      if generator.chance(0.4) { upstream.order = order }
      if scanned { upstream.order = .newestFirst }
      let count = Int.random(
        in: 0...[10, 300, 1_500].randomElement(using: &generator)!, using: &generator)
      let unusable: Double = [0, 0, 0.05, 0.6].randomElement(using: &generator) ?? 0
      for _ in 0..<count {
        var row = Self.row(&upstream, span: span, &generator)
        row.isUnusable = generator.chance(unusable)
        upstream.insert(row)
      }
      upstreams.append(upstream)
    }
    var query = SessionQuery()
    query.order = order
    if generator.chance(0.4) {
      query.filter.statuses = generator.chance(0.5) ? [.failed] : [.active, .completed]
    }
    if generator.chance(0.3) {
      query.filter.createdAfter = .init(
        milliseconds: Int64.random(in: 0...Int64(span), using: &generator))
    }
    if generator.chance(0.3) {
      query.filter.createdBefore = .init(
        milliseconds: Int64.random(in: 0...Int64(span), using: &generator))
    }
    let directions: [WalkDirection?] = upstreams.map { upstream in
      if scanned { return nil }
      return upstream.order == order ? .onward : upstream.order == order.reversed ? .backward : nil
    }
    traversal = ModelTraversal(upstreams, directions: directions)
    traversal.query = query
    traversal.readsAhead = generator.chance(0.5)
    traversal.keepsWindows = traversal.readsAhead && generator.chance(0.5)
    traversal.forgetting = generator.chance(0.5) ? 0.3 : 0
    churnRate = [0, 0.3, 0.9].randomElement(using: &generator) ?? 0
    pageSize = generator.chance(0.3) ? [1, 7, 50, 500].randomElement(using: &generator) : nil
    statuses = query.filter.statuses
    admitted = order.admittedRanks(query.filter) ?? 0...0
    self.order = order
    let filter = query.filter
    accepted = { row in
      !row.isUnusable && (filter.statuses.isEmpty || filter.statuses.contains(row.status))
        && (filter.createdAfter.map { row.created >= $0.milliseconds } ?? true)
        && (filter.createdBefore.map { row.created < $0.milliseconds } ?? true)
    }
    description =
      "\(order), \(upstreams.map { "\($0.rows.count) rows/\($0.limits.maximum)" }), span \(span), churn \(churnRate), page \(pageSize ?? 0)"
  }

  private let accepted: @Sendable (ModelUpstream.Row) -> Bool

  func accepts(_ row: ModelUpstream.Row) -> Bool { accepted(row) }

  static func row(
    _ upstream: inout ModelUpstream, span: Int, _ generator: inout SeededGenerator
  ) -> ModelUpstream.Row {
    let created = Int64.random(in: 0...Int64(span), using: &generator)
    return .init(
      id: upstream.nextID(&generator), created: created,
      updated: generator.chance(0.1) ? nil : created + Int64.random(in: 0...100, using: &generator),
      status: SessionStatus.allCases.randomElement(using: &generator) ?? .active)
  }

  /// A few random changes, of which `touched` takes the ids that are no longer listed throughout.
  static func change(
    _ upstreams: inout [ModelUpstream], rate: Double, updates: Bool = false,
    touched: inout Set<String>,
    _ generator: inout SeededGenerator
  ) {
    guard generator.chance(rate) else { return }
    for index in upstreams.indices where generator.chance(0.7) {
      if updates, generator.chance(0.5) {
        update(&upstreams[index], touched: &touched, &generator)
        continue
      }
      switch Int.random(in: 0..<4, using: &generator) {
      case 0, 1:
        for _ in 0..<Int.random(in: 1...12, using: &generator) {
          var new = row(&upstreams[index], span: 50, &generator)
          // Mostly at the head of the list, sometimes back-dated.
          let newest = upstreams[index].rows.map(\.created).max() ?? 0
          if generator.chance(0.7) {
            new.created = newest + Int64.random(in: 0...2, using: &generator)
          }
          new.updated = new.created
          touched.insert("\(upstreams[index].name):\(new.id)")
          upstreams[index].insert(new)
        }
      case 2:
        for _ in 0..<Int.random(in: 1...12, using: &generator) where !upstreams[index].rows.isEmpty
        {
          let victim = Int.random(in: 0..<upstreams[index].rows.count, using: &generator)
          touched.insert("\(upstreams[index].name):\(upstreams[index].rows[victim].id)")
          upstreams[index].rows.remove(at: victim)
        }
      default:
        // A run of neighbours goes: the list shrinks in one place.
        guard upstreams[index].rows.count > 40 else { continue }
        let start = Int.random(in: 0..<upstreams[index].rows.count - 30, using: &generator)
        for row in upstreams[index].rows[start..<start + 30] {
          touched.insert("\(upstreams[index].name):\(row.id)")
        }
        upstreams[index].rows.removeSubrange(start..<start + 30)
      }
    }
  }

  /// Some sessions are updated now, which moves them to the newest end of the list.
  private static func update(
    _ upstream: inout ModelUpstream, touched: inout Set<String>,
    _ generator: inout SeededGenerator
  ) {
    let newest = upstream.rows.compactMap(\.updated).max() ?? 0
    for _ in 0..<Int.random(in: 1...12, using: &generator) where !upstream.rows.isEmpty {
      let index = Int.random(in: upstream.rows.indices, using: &generator)
      var row = upstream.rows.remove(at: index)
      row.updated = newest + Int64.random(in: 0...2, using: &generator)
      touched.insert("\(upstream.name):\(row.id)")
      upstream.insert(row)
    }
  }
}
