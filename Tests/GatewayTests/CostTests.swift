import Foundation
import Simulator
import Testing

/// What is promised of upstream requests, counted at the upstreams.
@Suite struct CostTests {
  static let most = ["alcamine": 250, "anam": 100, "athena": 500]

  /// Nothing expires while a test runs on a busy machine.
  private func fixture(_ sessions: Int, ties: Double = 0.05) throws -> GatewayFixture {
    try GatewayFixture(sessions: sessions) {
      $0.dataset.tieRate = ties
    } configure: {
      $0.cache.ttl = .seconds(60)
      $0.cache.readAhead = .seconds(60)
    }
  }

  @Test func aPageAtTheDefaultLimitCostsOneRequestASource() throws {
    let fixture = try fixture(300)
    let first = try fixture.client.page("")
    #expect(fixture.requests == ["alcamine": 1, "anam": 1, "athena": 1])
    for name in first.sourceNames { #expect(first.count("upstreamRequests", name) == 1) }
    let before = fixture.requests
    let second = try fixture.client.page("cursor=\(try #require(first.cursor))")
    for (name, count) in fixture.requests {
      #expect(count - (before[name] ?? 0) <= 1, "\(name)")
      #expect(second.count("upstreamRequests", name) == count - (before[name] ?? 0))
    }
  }

  @Test func theSameFirstPageAgainCostsNothing() throws {
    let fixture = try fixture(100)
    let first = try fixture.client.page("limit=20")
    let before = fixture.requestCount
    for query in ["limit=20", "limit=20&format=json", "limit=20&fields=title", "limit=10"] {
      let again = try fixture.client.page(query)
      #expect(again.cost == 0, "\(query)")
      expectSame(again.ids, Array(first.ids.prefix(again.ids.count)))
    }
    #expect(fixture.requestCount == before)
  }

  /// An upstream answer without rows is an answer, and kept like any other.
  @Test(arguments: [0, 20])
  func anEmptyFirstPageAgainCostsNothingEither(sessions: Int) throws {
    let fixture = try fixture(sessions)
    let query = sessions == 0 ? "limit=20" : "createdAfter=2100-01-01"
    // A kept window without rows is never handed out: the second answer does not come.
    for name in ["alcamine", "anam", "athena"] {
      let first = try fixture.client.page("source=\(name)&\(query)")
      #expect(first.sessions.isEmpty && first.hasMore == false)
      let again = try fixture.client.page("source=\(name)&\(query)")
      #expect(again.sessions.isEmpty && again.hasMore == false)
      #expect(again.cost == 0, "\(name)")
    }
  }

  @Test func withoutATimeToLiveEveryFirstPageIsFresh() throws {
    let fixture = try GatewayFixture(sessions: 30) { _ in
    } configure: {
      $0.cache.ttl = .zero
    }
    _ = try fixture.client.page("limit=5")
    fixture.clock.advance(by: .seconds(1))
    let id = fixture.simulator.service(.anam).insert()
    let again = try fixture.client.page("limit=5")
    #expect(again.ids.first == "anam:\(id)")
    #expect(again.cost == 3)
    #expect(fixture.requestCount == 6)
  }

  @Test func aSourceThatIsNotAskedForCostsNothing() throws {
    let fixture = try fixture(60)
    _ = try Walk([fixture.client], "source=anam", limit: 20)
    #expect(fixture.requests["alcamine"] == 0 && fixture.requests["athena"] == 0)
  }

  @Test func anExhaustedSourceIsNotAskedAgain() throws {
    let fixture = try GatewayFixture(sessions: 10) {
      $0.sessions = [.alcamine: 200, .anam: 3, .athena: 3]
    } configure: {
      $0.cache.ttl = .zero
    }
    _ = try Walk([fixture.client], limit: 40) { _, page in
      guard page.state("anam") == "exhausted", page.state("athena") == "exhausted" else { return }
      fixture.simulator.service(.anam).resetCounts()
      fixture.simulator.service(.athena).resetCounts()
    }
    #expect(fixture.requests["anam"] == 0)
    #expect(fixture.requests["athena"] == 0)
  }

  @Test(arguments: [7, 50, 500])
  func aWholeWalkCostsLittleMoreThanTheListsThemselves(limit: Int) throws {
    let fixture = try fixture(600)
    let walk = try Walk([fixture.client], limit: limit)
    let all = try fixture.expected()
    expectSame(walk.ids, SessionSort.newestFirst.sorted(all).map(\.id))
    for (name, most) in CostTests.most {
      let count = Double(all.filter { $0.source == name }.count)
      let promised = 1.25 * count / Double(most) + 3
      let spent = fixture.requests[name] ?? 0
      #expect(Double(spent) <= promised, "\(name), limit \(limit): \(spent) > \(promised)")
      #expect(walk.cost(name) == spent, "\(name): the counters say \(walk.cost(name))")
    }
  }

  @Test(arguments: SessionSort.allCases)
  func everyOrderStaysWithinThePromise(sort: SessionSort) throws {
    let fixture = try fixture(500)
    let walk = try Walk([fixture.client], "sort=\(sort.rawValue)", limit: 60)
    let all = try fixture.expected()
    for (name, most) in CostTests.most {
      let count = Double(all.filter { $0.source == name }.count)
      // To find the place: exponential, then binary search.
      let search = sort == .oldestFirst ? 2 * log2(count) : 0
      let promised = 1.25 * count / Double(most) + 3 + search
      #expect(
        Double(fixture.requests[name] ?? 0) <= promised,
        "\(name), \(sort): \(fixture.requests[name] ?? 0) > \(promised)")
    }
    expectSame(walk.ids, sort.sorted(all).map(\.id))
  }

  @Test func aPageOfFiveHundredCostsWhatItHolds() throws {
    let fixture = try fixture(600)
    let page = try fixture.client.page("limit=500")
    #expect(page.sessions.count == 500)
    for (name, most) in CostTests.most {
      let promised = (500 + 20 + most - 1) / most + 1
      #expect((fixture.requests[name] ?? 0) <= promised, "\(name): \(fixture.requests)")
    }
  }

  @Test(arguments: ["sort=createdAt", "createdBefore=\(WalkTimes.weeksAgo(7))"])
  func findingAPlaceIsNoScan(query: String) throws {
    let fixture = try fixture(5_000, ties: 0.02)
    let page = try fixture.client.page("limit=10&\(query)")
    #expect(page.sessions.count == 10)
    for (name, count) in fixture.requests {
      // 5000 rows: 13 doublings, as many halvings, at most.
      #expect(count <= 26, "\(name): \(count)")
      #expect(page.count("upstreamRequests", name) == count)
    }
  }

  @Test func createdAfterStopsAtItsEdge() throws {
    let fixture = try fixture(600)
    let all = SessionSort.newestFirst.sorted(try fixture.expected())
    let edge = try #require(all[40].text("createdAt"))
    let walk = try Walk([fixture.client], "createdAfter=\(edge)", limit: 500)
    expectSame(walk.ids, all.filter { $0.text("createdAt") ?? "" >= edge }.map(\.id))
    #expect(fixture.requests == ["alcamine": 1, "anam": 1, "athena": 1])
  }

  @Test func rareMatchesSpendAtMostTheBudgetOfAPage() throws {
    let fixture = try GatewayFixture(sessions: 1_200) { _ in
    } configure: { configuration in
      configuration.query.pageBudget = 2
      configuration.cache.ttl = .seconds(60)
      configuration.cache.readAhead = .seconds(60)
    }
    let one = try #require(
      try fixture.expected([.anam]).min {
        ($0.text("createdAt") ?? "") < ($1.text("createdAt") ?? "")
      })
    let walk = try Walk([fixture.client], "source=anam&q=\(one.nativeID)", limit: 50)
    #expect(walk.ids == [one.id])
    #expect(walk.pages.count > 1)
    for page in walk.pages { #expect((page.count("upstreamRequests", "anam") ?? 0) <= 2) }
    #expect(walk.cost("anam") <= 1_200 * 5 / 4 / 100 + 3)
  }

  /// One source's slowness is not added to another's.
  @Test func sourcesAreAskedInParallel() throws {
    let fixture = try GatewayFixture(sessions: 20) { options in
      for provider in SimulatedProvider.allCases {
        options.faults[provider] = SimulatorFaults(
          latency: .milliseconds(300) ... .milliseconds(300))
      }
    } configure: {
      $0.cache.ttl = .zero
    }
    // A busy machine may hold up one try as long as asking in turn would take, but not each.
    let times = try (0..<3).map { _ in
      try ContinuousClock().measure { _ = try fixture.client.page("limit=20") }
    }
    #expect(times.allSatisfy { $0 >= .milliseconds(300) }, "\(times)")
    #expect(times.contains { $0 < .milliseconds(850) }, "\(times)")
  }
}
