import Sessions
import Support
import Testing

/// Sources that are not in the order they should be in (docs/PAGING.md). The lists hold still, so
/// that nothing but the disorder can be the cause of what is missing.
@Suite struct DisorderTests {
  @Test(arguments: TraversalTests.seeds)
  func rowsOutOfPlaceByLessThanAPageAreAllThereAndTheirPagesSayIfOrderSuffers(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var (upstreams, direction) = Self.sources(&generator)
    for index in upstreams.indices {
      Self.displaceNear(&upstreams[index], &generator)
    }
    let (result, label) = Self.run(upstreams, direction, seed, &generator)
    Self.expectEachOnce(result, upstreams, label)
    let isOrdered = Self.isOrdered(result.output, direction)
    if !isOrdered { #expect(result.worstReport >= .late, "\(label)") }
  }

  @Test(arguments: TraversalTests.seeds)
  func neighboursThatHaveChangedPlacesAreAllThereAndTheirPagesSayIfOrderSuffers(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var (upstreams, direction) = Self.sources(&generator)
    for index in upstreams.indices {
      var row = Int.random(in: 0..<40, using: &generator)
      while row + 1 < upstreams[index].rows.count {
        upstreams[index].rows.swapAt(row, row + 1)
        row += Int.random(in: 25...60, using: &generator)
      }
    }
    let (result, label) = Self.run(upstreams, direction, seed, &generator)
    Self.expectEachOnce(result, upstreams, label)
    if !Self.isOrdered(result.output, direction) {
      #expect(result.worstReport >= .late, "\(label)")
    }
  }

  @Test(arguments: TraversalTests.seeds)
  func onceDisorderHasShownRowsArePutInPlace(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var upstream = ModelUpstream(name: "z", limits: .init(maximum: 100, addressing: .offset))
    for value in 0..<450 {
      upstream.rows.append(
        .init(
          id: upstream.nextID(&generator), created: Int64(10_000 - value), updated: nil,
          status: .active))
    }
    // The first window shows that something is out of place: from there on the walk keeps a page
    // between what it has read and what it lets go.
    upstream.rows.swapAt(5, 9)
    for _ in 0..<4 {
      let row = Int.random(in: 20..<400, using: &generator)
      upstream.rows.swapAt(row, row + Int.random(in: 1...30, using: &generator))
    }
    var traversal = ModelTraversal([upstream])
    traversal.readsAhead = true
    let result = traversal.run(limit: { _ in 500 }, generator: &generator)
    let label: Comment = "seed \(seed)"
    Self.expectEachOnce(result, [upstream], label)
    #expect([.reordered, .scanned].contains(result.worstReport), label)
    #expect(Self.isOrdered(result.output, .onward), label)
  }

  @Test(arguments: TraversalTests.seeds)
  func aFarStrayNeitherMovesThePositionNorDelaysOthers(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var (upstreams, direction) = Self.sources(&generator)
    var strays = Set<String>()
    for index in upstreams.indices {
      Self.displaceFar(&upstreams[index], &strays, &generator)
    }
    let limit = [7, 50, 120, 500].randomElement(using: &generator) ?? 50
    let (result, label) = Self.run(upstreams, direction, seed, limit: limit, &generator)
    Self.expectEachOnce(result, upstreams, label)
    let others = result.output.filter { !strays.contains("\($0.source):\($0.id)") }
    #expect(Self.isOrdered(others, direction), "the position has moved: \(label)")
    if !Self.isOrdered(result.output, direction) {
      #expect(result.worstReport >= .late, "\(label)")
    }
    // A page that waited for a stray would be short, or would have cost more than its share.
    let sizes = zip(result.pageStarts, result.pageStarts.dropFirst()).map { $1 - $0 }
    #expect(sizes.allSatisfy { $0 == limit }, "\(sizes), \(label)")
  }

  @Test(arguments: TraversalTests.seeds.prefix(20))
  func aListInNoOrderIsScannedAndSorted(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var (upstreams, direction) = Self.sources(&generator)
    for index in upstreams.indices { upstreams[index].rows.shuffle(using: &generator) }
    expectScanned([upstreams[0]], direction, seed, &generator)
  }

  @Test(arguments: TraversalTests.seeds.prefix(20))
  func aListInTheOppositeOrderIsScannedAndSorted(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var (upstreams, direction) = Self.sources(&generator)
    for index in upstreams.indices { upstreams[index].rows.reverse() }
    expectScanned([upstreams[0]], direction, seed, &generator)
  }

  private func expectScanned(
    _ upstreams: [ModelUpstream], _ direction: WalkDirection, _ seed: UInt64,
    _ generator: inout SeededGenerator
  ) {
    let limit = [7, 50, 500].randomElement(using: &generator) ?? 50
    let (result, label) = Self.run(upstreams, direction, seed, limit: limit, &generator)
    Self.expectEachOnce(result, upstreams, label)
    #expect(Self.isOrdered(result.output, direction), "\(label)")
    #expect(result.worstReport == .scanned, "\(label)")
  }

  @Test(arguments: TraversalTests.seeds.prefix(20))
  func aListLongerThanTheScanLimitIsTruncatedAndSaysSo(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var (upstreams, direction) = Self.sources(&generator)
    upstreams = [upstreams[0]]
    upstreams[0].rows.shuffle(using: &generator)
    let scanLimit = upstreams[0].rows.count / 2
    let (result, label) = Self.run(
      upstreams, direction, seed, limit: 100, scanLimit: scanLimit, &generator)
    let keys = Set(result.output.map(\.id))
    #expect(keys.count == result.output.count, "\(label)")
    let first = Set(upstreams[0].rows.prefix(scanLimit).map(\.id))
    #expect(first.isSubset(of: keys), "\(label)")
    #expect(keys.count == scanLimit, "\(label)")
    #expect(Self.isOrdered(result.output, direction), "\(label)")
    #expect(result.worstReport == .truncated, "\(label)")
  }

  /// The list shrinks so that the next window begins just with a row that is astray: by its value
  /// that row lies before the place, and alone it is no evidence that nothing was skipped.
  @Test func oneStrayRowIsNoOverlap() {
    var generator = SeededGenerator(seed: 0)
    for (stray, moment) in (190..<205).flatMap({ stray in (2..<14).map { (stray, $0) } }) {
      var upstream = CostTests.list(600, .init(maximum: 40, addressing: .offset))
      upstream.rows[stray].created = 2_000_000
      let before = upstream.rows
      var traversal = ModelTraversal([upstream])
      var requests = 0
      traversal.churn = { upstreams, _ in
        requests += 1
        if requests == moment { upstreams[0].rows.removeSubrange(60..<160) }
      }
      let result = traversal.run(limit: { _ in 100 }, generator: &generator)
      let lost = Set((before[..<60] + before[160...]).map(\.id)).subtracting(
        result.output.map(\.id))
      #expect(lost.isEmpty, "\(stray), \(moment): \(lost.count) lost")
    }
  }

  /// Two rows out of place end a window: it vouches for more than it has seen.
  @Test(arguments: [WalkDirection.onward, .backward])
  func rowsBehindThoseThatAreOutOfPlaceAreNotPassedOver(direction: WalkDirection) {
    var generator = SeededGenerator(seed: 0)
    for first in 185..<210 {
      var upstream = CostTests.list(450, .init(maximum: 100, addressing: .offset))
      upstream.rows.swapAt(5, 9)
      upstream.rows.swapAt(first, first + 6)
      upstream.rows.swapAt(first + 1, first + 30)
      let (result, label) = Self.run([upstream], direction, UInt64(first), limit: 500, &generator)
      Self.expectEachOnce(result, [upstream], label)
    }
  }

  /// A group of equals that no window shows whole, and a row that is none of them in its midst.
  @Test(arguments: [WalkDirection.onward, .backward])
  func aRowOutOfPlaceAmongEqualsIsNotLost(direction: WalkDirection) {
    var generator = SeededGenerator(seed: 0)
    for stray in 150..<250 {
      var upstream = CostTests.list(400, .init(maximum: 40, addressing: .offset))
      for row in 150..<250 { upstream.rows[row].created = upstream.rows[200].created }
      upstream.rows[stray].created += stray.isMultiple(of: 2) ? 151 : -151
      let (result, label) = Self.run([upstream], direction, UInt64(stray), limit: 60, &generator)
      Self.expectEachOnce(result, [upstream], label)
    }
  }

  /// The place lies between two rows, and of the last rows of its window one is astray: the window
  /// after it has to show two others.
  @Test func aRowOutOfPlaceAtAWindowsEndIsNoReasonToTurnBack() throws {
    var upstream = CostTests.list(600, .init(maximum: 100, addressing: .offset))
    upstream.rows.swapAt(97, 98)
    let place = ModelUpstream.rank(upstream.rows[97], .newestFirst) + 1
    var position = SourcePosition(startingAt: place)
    position.hint = 3
    var reader = SourceReader(
      plan: SourcePlan(
        order: .newestFirst, direction: .onward, limits: upstream.limits,
        matcher: SessionMatcher(SessionFilter()), admitted: .min ... .max, limit: 200,
        readsAhead: true, scanLimit: 10_000),
      position: position)
    for _ in 0..<2 {
      let request = reader.nextRequest()
      try reader.receive(upstream.window(#require(request)))
    }
    #expect(reader.report.reads == 1)
  }

  /// Several rows stand side by side where none of them belongs, and a page has no room for all.
  @Test(arguments: [1, 2, 7])
  func lateRowsOfOnePlaceAreAllThere(limit: Int) {
    for direction in [WalkDirection.onward, .backward] {
      var generator = SeededGenerator(seed: 0)
      var upstream = CostTests.list(600, .init(maximum: 250, addressing: .offset))
      for stray in 300..<304 {
        upstream.rows[stray].created += direction == .onward ? 400 : -400
      }
      let (result, label) = Self.run([upstream], direction, 0, limit: limit, &generator)
      Self.expectEachOnce(result, [upstream], label)
    }
  }

  /// A scan that begins midway finds rows that belong where the traversal has been, too.
  @Test(arguments: [WalkDirection.onward, .backward])
  func aScanThatBeginsMidwayLosesNothing(direction: WalkDirection) {
    for limit in [5, 30] {
      var generator = SeededGenerator(seed: 0)
      var upstream = CostTests.list(400, .init(maximum: 100, addressing: .offset))
      // Rows that show the disorder, and behind them some that belong where the pages have been.
      let near = (0..<6).map { (140 + 3 * $0, 214 + 2 * $0) }
      for (from, to) in near + [(180, 312), (183, 316), (186, 320)] {
        upstream.rows.insert(upstream.rows.remove(at: from), at: to)
      }
      if direction == .backward {
        upstream.rows.reverse()
        for row in upstream.rows.indices {
          upstream.rows[row].created = 2_000_000 - upstream.rows[row].created
        }
      }
      var traversal = ModelTraversal([upstream], directions: [direction])
      if direction == .backward { traversal.query.order = .newestFirst.reversed }
      let result = traversal.run(limit: { _ in limit }, generator: &generator)
      Self.expectEachOnce(result, [upstream], "\(direction), limit \(limit)")
      #expect(result.reports.first != .scanned && result.worstReport == .scanned)
    }
  }
}

// MARK: Lists and expectations

extension DisorderTests {
  /// One to three ordered lists without many ties, and how they are to be walked.
  private static func sources(
    _ generator: inout SeededGenerator
  ) -> ([ModelUpstream], WalkDirection) {
    let limits: [WindowLimits] = [
      .init(maximum: 250, addressing: .offset), .init(maximum: 100, addressing: .page),
      .init(maximum: 40, addressing: .offset),
    ]
    var upstreams: [ModelUpstream] = []
    for index in 0..<Int.random(in: 1...3, using: &generator) {
      var upstream = ModelUpstream(
        name: ["a", "m", "z"][index], limits: limits.randomElement(using: &generator) ?? limits[0])
      upstream.tellsTotal = generator.chance(0.5)
      for _ in 0..<Int.random(in: 300...900, using: &generator) {
        upstream.insert(Scenario.row(&upstream, span: 20_000, &generator))
      }
      upstreams.append(upstream)
    }
    return (upstreams, generator.chance(0.7) ? .onward : .backward)
  }

  /// Moves one row in thirty or fewer by less than an upstream page, in either direction.
  private static func displaceNear(
    _ upstream: inout ModelUpstream, _ generator: inout SeededGenerator
  ) {
    var row = Int.random(in: 0..<60, using: &generator)
    while row < upstream.rows.count {
      let distance = Int.random(in: 1..<upstream.limits.maximum - 5, using: &generator)
      let moved = upstream.rows.remove(at: row)
      let target = row + (generator.chance(0.5) ? distance : -distance)
      upstream.rows.insert(moved, at: min(max(target, 0), upstream.rows.count))
      row += Int.random(in: 30...90, using: &generator)
    }
  }

  /// Gives one row in forty or fewer the time of another end of the list.
  private static func displaceFar(
    _ upstream: inout ModelUpstream, _ strays: inout Set<String>,
    _ generator: inout SeededGenerator
  ) {
    var row = Int.random(in: 0..<80, using: &generator)
    while row < upstream.rows.count {
      upstream.rows[row].created =
        generator.chance(0.5)
        ? Int64.random(in: 19_000...40_000, using: &generator)
        : Int64.random(in: -20_000...1_000, using: &generator)
      strays.insert("\(upstream.name):\(upstream.rows[row].id)")
      row += Int.random(in: 40...200, using: &generator)
    }
  }

  private static func run(
    _ upstreams: [ModelUpstream], _ direction: WalkDirection, _ seed: UInt64, limit: Int? = nil,
    scanLimit: Int = 10_000, _ generator: inout SeededGenerator
  ) -> (ModelTraversal.Result, Comment) {
    var traversal = ModelTraversal(upstreams, directions: upstreams.map { _ in direction })
    if direction == .backward { traversal.query.order = .newestFirst.reversed }
    traversal.scanLimit = scanLimit
    // No page is to be short for its cost alone: that is another test's concern.
    traversal.pageBudget = 50
    traversal.readsAhead = generator.chance(0.5)
    traversal.keepsWindows = traversal.readsAhead
    let result = traversal.run(
      limit: { limit ?? Int.random(in: 1...120, using: &$0) }, generator: &generator)
    let sizes = upstreams.map { "\($0.rows.count)/\($0.limits.maximum)" }
    return (
      result,
      "seed \(seed), \(direction), rows \(sizes), limit \(limit ?? 0), ahead \(traversal.readsAhead) \(traversal.keepsWindows)"
    )
  }

  private static func expectEachOnce(
    _ result: ModelTraversal.Result, _ upstreams: [ModelUpstream], _ label: Comment
  ) {
    let keys = result.output.map { "\($0.source):\($0.id)" }
    let expected = Set(
      upstreams.flatMap { upstream in upstream.rows.map { "\(upstream.name):\($0.id)" } })
    #expect(result.failure == nil, label)
    let isFinished = result.isFinished
    #expect(isFinished, label)
    #expect(result.pagesWithoutProgress == 0, label)
    #expect(Set(keys).count == keys.count, "doubles: \(label)")
    let lost = expected.subtracting(keys)
    #expect(lost.isEmpty, "lost \(lost.count) of \(expected.count): \(label)")
    if ModelTraversal.traces {
      for (key, at) in Dictionary(grouping: keys.indices, by: { keys[$0] }) where at.count > 1 {
        print(
          "double", key, "rank", result.output[at[0]].rank, "on pages",
          at.map { place in result.pageStarts.count { $0 <= place } })
      }
      for id in lost.prefix(3) {
        for upstream in upstreams {
          if let at = upstream.rows.firstIndex(where: { "\(upstream.name):\($0.id)" == id }) {
            print(
              "lost", id, at,
              upstream.rows[max(0, at - 4)..<min(upstream.rows.count, at + 5)].map(\.created),
              "rank", upstream.rows[at].created)
          }
        }
      }
    }
  }

  private static func isOrdered(
    _ output: [ModelTraversal.Output], _ direction: WalkDirection
  ) -> Bool {
    let order: SessionOrder = direction == .onward ? .newestFirst : .newestFirst.reversed
    return zip(output, output.dropFirst()).allSatisfy {
      TraversalTests.precedes($0, $1, order) || $0 == $1
    }
  }
}
