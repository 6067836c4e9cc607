import Sessions
import Support
import Testing

/// What a traversal costs in upstream requests, counted at the model.
@Suite struct CostTests {
  static let limits: [WindowLimits] = [
    .init(maximum: 250, addressing: .offset), .init(maximum: 100, addressing: .page),
    .init(maximum: 500, addressing: .offset),
  ]

  static func list(_ count: Int, _ limits: WindowLimits, name: String = "a") -> ModelUpstream {
    var upstream = ModelUpstream(name: name, limits: limits)
    upstream.rows = (0..<count).map {
      .init(
        id: "id-\($0)", created: Int64(1_000_000 - 2 * $0), updated: nil,
        status: $0 % 100 == 0 ? .failed : .active)
    }
    return upstream
  }

  @Test func theFirstPageCostsOneRequestForEachSource() {
    var generator = SeededGenerator(seed: 0)
    let upstreams = zip(["a", "b", "c"], Self.limits).map { Self.list(5_000, $1, name: $0) }
    var traversal = ModelTraversal(upstreams)
    traversal.readsAhead = true
    let result = traversal.run(limit: { _ in 50 }, generator: &generator, mostPages: 1)
    #expect(result.costs[0].map(\.requests) == [1, 1, 1])
    #expect(result.output.count == 50)
  }

  @Test(arguments: limits.indices, [50, 120, 500])
  func readingThroughASourceCostsAQuarterMoreThanItsPages(index: Int, limit: Int) {
    var generator = SeededGenerator(seed: 0)
    let limits = Self.limits[index]
    for direction in [WalkDirection.onward, .backward] {
      var traversal = ModelTraversal([Self.list(6_000, limits)], directions: [direction])
      if direction == .backward { traversal.query.order = .newestFirst.reversed }
      traversal.upstreams[0].tellsTotal = index == 1
      traversal.readsAhead = true
      traversal.keepsWindows = true
      let result = traversal.run(limit: { _ in limit }, generator: &generator)
      #expect(result.output.count == 6_000)
      let place = direction == .onward ? 0 : 30
      let most = 1.25 * 6_000 / Double(limits.maximum) + 3 + Double(place)
      #expect(Double(traversal.upstreams[0].requests) <= most, "\(direction)")
    }
  }

  @Test(arguments: limits.indices)
  func aPageWithoutAnythingKeptCostsItsShare(index: Int) {
    var generator = SeededGenerator(seed: 0)
    let limits = Self.limits[index]
    for limit in [1, 50, 200, 500] {
      var traversal = ModelTraversal([Self.list(3_000, limits)])
      let result = traversal.run(limit: { _ in limit }, generator: &generator)
      let most = (limit + 6 + limits.maximum - 1) / limits.maximum + 1
      #expect(result.costs.allSatisfy { $0[0].requests <= most }, "\(limit)")
    }
  }

  @Test(arguments: limits.indices, [1_000, 30_000])
  func findingAPlaceCostsALogarithm(index: Int, rows: Int) {
    var generator = SeededGenerator(seed: 0)
    for tellsTotal in [false, true] {
      for isAscending in [false, true] {
        var upstream = Self.list(rows, Self.limits[index])
        upstream.tellsTotal = tellsTotal
        var traversal = ModelTraversal([upstream], directions: [isAscending ? .backward : .onward])
        if isAscending {
          traversal.query.order = .newestFirst.reversed
        } else {
          traversal.query.filter.createdBefore = .init(milliseconds: 1_000_000 - Int64(rows))
        }
        let result = traversal.run(limit: { _ in 50 }, generator: &generator, mostPages: 1)
        #expect(result.output.count == 50)
        let most = 2 * Int.bitWidth - 2 * rows.leadingZeroBitCount + 2
        #expect(traversal.upstreams[0].requests <= most, "\(isAscending) \(tellsTotal)")
      }
    }
  }

  @Test func aPageStopsReadingAtCreatedAfter() {
    var generator = SeededGenerator(seed: 0)
    var traversal = ModelTraversal([Self.list(5_000, Self.limits[0])])
    traversal.query.filter.createdAfter = .init(milliseconds: 1_000_000 - 60)
    let result = traversal.run(limit: { _ in 50 }, generator: &generator)
    #expect(result.output.count == 31)
    #expect(traversal.upstreams[0].requests == 1)
    #expect(result.isFinished)
  }

  @Test func anExhaustedSourceCostsNothing() {
    var generator = SeededGenerator(seed: 0)
    let small = Self.list(3, Self.limits[0], name: "small")
    var traversal = ModelTraversal([small, Self.list(2_000, Self.limits[0])])
    let result = traversal.run(limit: { _ in 50 }, generator: &generator)
    #expect(traversal.upstreams[0].requests == 1)
    #expect(result.costs.dropFirst().allSatisfy { $0[0].requests == 0 && $0[0].wasExhausted })
  }

  @Test(arguments: [1, 2, 8])
  func rareMatchesSpendTheBudgetAndAdvance(budget: Int) {
    var generator = SeededGenerator(seed: 0)
    for limits in Self.limits {
      var traversal = ModelTraversal([Self.list(9_000, limits)])
      traversal.query.filter.statuses = [.failed]
      traversal.query.filter.createdBefore = .init(milliseconds: 999_999)
      traversal.pageBudget = budget
      let result = traversal.run(limit: { _ in 500 }, generator: &generator)
      #expect(result.output.count == 89)
      #expect(result.isFinished && result.pagesWithoutProgress == 0)
      #expect(result.costs.allSatisfy { $0[0].reads <= budget })
    }
  }

  @Test func aPageMayBeEmptyAndHaveMore() {
    var generator = SeededGenerator(seed: 0)
    var traversal = ModelTraversal([Self.list(9_000, Self.limits[1])])
    traversal.query.filter.statuses = [.canceled]
    let result = traversal.run(limit: { _ in 50 }, generator: &generator)
    #expect(result.output.isEmpty && result.isFinished && result.pagesWithoutProgress == 0)
    #expect(result.pages >= 9_000 / 800)
  }

  @Test(arguments: limits.indices, [WalkDirection.onward, .backward])
  func anUpstreamThatIgnoresPagingFails(index: Int, direction: WalkDirection) {
    var generator = SeededGenerator(seed: 0)
    var upstream = Self.list(2_000, Self.limits[index])
    upstream.ignoresPaging = true
    var traversal = ModelTraversal([upstream], directions: [direction])
    if direction == .backward { traversal.query.order = .newestFirst.reversed }
    traversal.readsAhead = true
    let result = traversal.run(limit: { _ in 500 }, generator: &generator)
    #expect(result.failure == .ignoresPaging)
    // Two windows that show the same, and both once more. Windows of a page-numbered list differ in
    // size: it takes a search to get two alike.
    #expect(traversal.upstreams[0].requests <= (index == 1 ? 9 : 4))
  }

  @Test func anEmptyAnswerThatPromisesMoreFails() {
    var generator = SeededGenerator(seed: 0)
    var upstream = Self.list(0, Self.limits[0])
    upstream.promisesMore = true
    var traversal = ModelTraversal([upstream])
    let result = traversal.run(limit: { _ in 50 }, generator: &generator)
    #expect(result.failure != nil)
    #expect(traversal.upstreams[0].requests < 100)
  }

  /// Runs of items without an id, longer than any window, in the middle and at both ends.
  @Test(arguments: limits.indices, [WalkDirection.onward, .backward])
  func windowsOfUnusableRowsAreSteppedOver(index: Int, direction: WalkDirection) {
    var generator = SeededGenerator(seed: 0)
    for run in [1, 30, 97, 100, 700, Self.limits[index].maximum - 1] {
      for start in [0, 40, 1_000, 2_000 - run] {
        var upstream = Self.list(2_000, Self.limits[index])
        for row in start..<start + run { upstream.rows[row].isUnusable = true }
        var traversal = ModelTraversal([upstream], directions: [direction])
        if direction == .backward { traversal.query.order = .newestFirst.reversed }
        let result = traversal.run(limit: { _ in 300 }, generator: &generator)
        let label: Comment = "\(run) from \(start)"
        #expect(result.failure == nil, label)
        #expect(Set(result.output.map(\.id)).count == 2_000 - run, label)
        #expect(result.output.count == 2_000 - run, label)
        let isFinished = result.isFinished
        #expect(isFinished, label)
      }
    }
  }

  /// Most items are without an id, so that few rows of a window are evidence, or have a place at all.
  @Test(arguments: limits.indices, [WalkDirection.onward, .backward])
  func listsOfMostlyUnusableRowsAreReadWhole(index: Int, direction: WalkDirection) {
    for seed in 0..<UInt64(12) {
      var generator = SeededGenerator(seed: seed)
      var upstream = Self.list(Int.random(in: 1...900, using: &generator), Self.limits[index])
      upstream.tellsTotal = generator.chance(0.5)
      let share: Double = [0.05, 0.3, 0.6, 0.9].randomElement(using: &generator) ?? 0
      for row in upstream.rows.indices {
        upstream.rows[row].isUnusable = generator.chance(share)
      }
      let usable = upstream.rows.filter { !$0.isUnusable }
      var traversal = ModelTraversal([upstream], directions: [direction])
      if direction == .backward { traversal.query.order = .newestFirst.reversed }
      let limit = [1, 9, 60, 500].randomElement(using: &generator) ?? 1
      let result = traversal.run(limit: { _ in limit }, generator: &generator)
      let label: Comment = "seed \(seed), \(share) of \(upstream.rows.count), limit \(limit)"
      #expect(result.failure == nil, label)
      let ids = direction == .onward ? usable.map(\.id) : usable.reversed().map(\.id)
      let isWhole = result.output.map(\.id) == ids
      #expect(isWhole, "\(result.output.count) of \(ids.count): \(label)")
    }
  }
}
