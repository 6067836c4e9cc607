import Foundation
import Simulator
import Support
import Testing

/// The guarantees of a traversal, through real sockets. The proofs over random lists are elsewhere,
/// without sockets; here the whole of it has to hold together.
@Suite struct TraversalWalkTests {
  static let filters = [
    "", "status=failed", "source=anam,athena", "modality=voice,text&channel=phone,web",
    "q=a", "createdAfter=\(WalkTimes.weeksAgo(5))&createdBefore=\(WalkTimes.weeksAgo(2))",
    "updatedAfter=\(WalkTimes.weeksAgo(6))",
  ]

  @Test(arguments: SessionSort.allCases)
  func anyLimitGivesTheSameSessionsEachOnceInOrder(sort: SessionSort) throws {
    let fixture = try GatewayFixture(sessions: 120)
    let all = sort.sorted(try fixture.expected())
    for limit in [7, 500] {
      let walk = try Walk([fixture.client], "sort=\(sort.rawValue)", limit: limit)
      #expect(walk.doubles == [])
      #expect(sort.disorder(in: walk.sessions) == nil)
      expectSame(walk.ids, all.map(\.id), "limit=\(limit)")
      #expect(walk.pages.allSatisfy { $0.isPartial == false })
    }
  }

  /// Sessions come, go and change between all pages, at every upstream.
  @Test(arguments: SessionSort.allCases, [7, 50])
  func nothingIsLostOrDoubledWhileTheListsChange(sort: SessionSort, limit: Int) throws {
    // All filters where most reading goes on, some everywhere.
    let filters = limit == 50 ? 2 : sort == .newestFirst ? TraversalWalkTests.filters.count : 4
    for (number, filter) in TraversalWalkTests.filters.prefix(filters).enumerated() {
      let seed = UInt64(number * 10 + limit)
      var churn = Churn(seed: seed)
      let fixture = try GatewayFixture(sessions: 70)
      let before = try fixture.expected()
      let query = ["sort=\(sort.rawValue)", filter].filter { !$0.isEmpty }
        .joined(separator: "&")
      let walk = try Walk([fixture.client], query, limit: limit) { _, _ in
        try churn.happen(to: fixture)
      }
      let after = Dictionary(
        uniqueKeysWithValues: try fixture.expected().map { ($0.id, $0) })
      let comment = "seed \(seed), \(query), \(walk.pages.count) pages"
      expectGuarantees(
        walk, sort,
        steady: before.filter { WalkFilter.matches(filter, $0) && isSteady($0, after, sort) },
        filter: filter, comment)
    }
  }

  /// Lists longer than what an upstream gives at a time.
  @Test(arguments: [SessionSort.newestFirst, .oldestFirst], [1, 2] as [UInt64])
  func nothingIsLostWhereUpstreamPagesMeet(sort: SessionSort, seed: UInt64) throws {
    var churn = Churn(seed: seed)
    let fixture = try GatewayFixture(sessions: 240) { $0.dataset.tieRate = 0.3 }
    let before = try fixture.expected()
    let walk = try Walk([fixture.client], "sort=\(sort.rawValue)", limit: 90) { _, _ in
      for _ in 0..<3 { try churn.happen(to: fixture) }
    }
    let after = Dictionary(uniqueKeysWithValues: try fixture.expected().map { ($0.id, $0) })
    expectGuarantees(
      walk, sort, steady: before.filter { isSteady($0, after, sort) }, filter: "",
      "seed \(seed), \(sort)")
  }

  private func isSteady(
    _ session: Session, _ after: [String: Session], _ sort: SessionSort
  ) -> Bool {
    guard let later = after[session.id] else { return false }
    return later.canonical == session.canonical
  }

  private func expectGuarantees(
    _ walk: Walk, _ sort: SessionSort, steady: [Session], filter: String, _ comment: String
  ) {
    let seen = Dictionary(grouping: walk.sessions, by: \.id)
    for (id, shown) in seen where shown.count > 1 {
      let keys = Set(shown.map { $0.text(sort.field) ?? "null" })
      #expect(keys.count == shown.count, "\(id) comes twice: \(comment)")
    }
    for (number, page) in walk.pages.enumerated() where page.isPartial != false {
      Issue.record("page \(number + 1) is partial: \(page.object["sources"] ?? ""): \(comment)")
    }
    let lost = steady.map(\.id).filter { seen[$0] == nil }
    #expect(lost == [], "lost \(lost.count) of \(steady.count): \(comment)")
    if let disorder = sort.disorder(in: walk.sessions) {
      Issue.record("\(disorder): \(comment)")
    }
    for session in walk.sessions where !WalkFilter.matches(filter, session) {
      Issue.record("\(session.id) does not match: \(comment)")
    }
  }

  @Test func manySessionsOfOneMomentArePagedByID() throws {
    let fixture = try GatewayFixture(sessions: 150) { $0.dataset.tieRate = 0.97 }
    for sort in [SessionSort.newestFirst, .oldestFirst] {
      let all = sort.sorted(try fixture.expected())
      let walk = try Walk([fixture.client], "sort=\(sort.rawValue)", limit: 7)
      expectSame(walk.ids, all.map(\.id), "\(sort)")
    }
  }

  @Test func anAscendingWalkEndsAtTheTimeOfItsFirstPage() throws {
    let fixture = try GatewayFixture(sessions: 40)
    let before = Set(try fixture.expected().map(\.id))
    let walk = try Walk([fixture.client], "sort=createdAt", limit: 30) { _, _ in
      fixture.clock.advance(by: .seconds(3_600))
      for provider in SimulatedProvider.allCases { fixture.simulator.service(provider).insert() }
    }
    #expect(Set(walk.ids) == before)
  }

  @Test func sessionsWithoutUpdateComeLastInBothDirections() throws {
    let fixture = try GatewayFixture(sessions: 300)
    let none = try fixture.expected([.anam]).filter { $0.text("updatedAt") == nil }
    try #require(!none.isEmpty)
    for sort in [SessionSort.oldestUpdateFirst, .latestUpdateFirst] {
      let walk = try Walk([fixture.client], "source=anam&sort=\(sort.rawValue)", limit: 500)
      expectSame(Array(walk.ids.suffix(none.count)), sort.sorted(none).map(\.id))
    }
    let matching = try Walk([fixture.client], "source=anam&updatedAfter=2000-01-01", limit: 500)
    #expect(Set(matching.ids).isDisjoint(with: none.map(\.id)))
  }

  @Test func replicasWalkInTurn() throws {
    let fixture = try GatewayFixture(sessions: 80)
    let others = try (0..<2).map { _ in try fixture.anotherGateway() }
    let clients = [fixture.client] + others.map(\.client)
    for sort in SessionSort.allCases {
      let all = sort.sorted(try fixture.expected())
      let walk = try Walk(clients, "sort=\(sort.rawValue)&status=completed,failed", limit: 9)
      let expected = all.filter { ["completed", "failed"].contains($0.text("status")) }
      expectSame(walk.ids, expected.map(\.id), "\(sort)")
    }
  }

  // MARK: Disorder

  @Test(arguments: [
    ListDisorder.swapped(rate: 0.02), .swapped(rate: 0.3), .strays(rate: 0.01), .random, .ascending,
  ])
  func aListOutOfOrderLosesNothing(disorder: ListDisorder) throws {
    let fixture = try GatewayFixture(sessions: 400) { options in
      options.faults[.anam] = SimulatorFaults(disorder: disorder)
    }
    let all = try fixture.expected()
    let walk = try Walk([fixture.client], limit: 200)
    #expect(walk.doubles == [])
    let anam = Set(walk.pages.compactMap { $0.source("anam")["order"] as? String })
    let wanted = Set(all.map(\.id))
    switch disorder {
    case .random, .ascending, .swapped(rate: 0.3):
      #expect(anam.contains("scanned"), "\(anam)")
      expectSame(walk.ids, SessionSort.newestFirst.sorted(all).map(\.id))
    case .swapped:
      #expect(anam.isSubset(of: ["native", "reordered"]) && anam.contains("reordered"), "\(anam)")
      expectSame(walk.ids, SessionSort.newestFirst.sorted(all).map(\.id))
    default:
      // A stray comes when it is read, or is missed where this traversal has been.
      let strays = wanted.subtracting(walk.ids)
      #expect(strays.count <= 8, "\(strays.count) missed")
      #expect(
        walk.sessions.filter { $0.source != "anam" }.count
          == all.filter { $0.source != "anam" }.count)
    }
    for page in walk.pages where page.source("athena")["order"] as? String != "native" {
      Issue.record("athena: \(page.source("athena"))")
    }
  }

  @Test func aScanBeyondItsLimitSaysSo() throws {
    let fixture = try GatewayFixture(sessions: 700) { _ in
    } configure: { configuration in
      configuration.query.scanLimit = 260
    }
    let page = try fixture.client.page("source=alcamine&sort=updatedAt&limit=5")
    #expect(page.source("alcamine")["order"] as? String == "truncated")
    #expect(page.isPartial == true)
    #expect(page.sessions.count == 5)
  }

  /// Alcamine cannot be caught at a first page of the default size: a short array ends its list.
  @Test(arguments: [
    (SimulatedProvider.alcamine, FaultRule.Kind.ignoresOffset), (.anam, .ignoresOffset),
    (.athena, .ignoresOffset), (.anam, .ignoresPaging), (.athena, .ignoresPaging),
  ])
  func anUpstreamThatIgnoresPagingIsFoundOut(
    provider: SimulatedProvider, kind: FaultRule.Kind
  ) throws {
    let fixture = try GatewayFixture(sessions: 700) { _ in
    } configure: { configuration in
      for index in configuration.sources.indices {
        configuration.sources[index].timeout = .seconds(3)
      }
    }
    fixture.setFault(kind, at: [provider])
    let query = "source=\(provider.rawValue)&limit=200"
    var (cursor, outcome): (String?, String?) = (nil, nil)
    for _ in 0..<10 where outcome == nil {
      let answer = try fixture.client.get(
        "/v1/sessions?\(query)" + (cursor.map { "&cursor=\($0)" } ?? ""))
      guard answer.status == 200 else {
        outcome = answer.problem
        break
      }
      let page = Page(try answer.object())
      outcome = page.errorCode(provider.rawValue)
      cursor = page.cursor
      if cursor == nil { outcome = outcome ?? "ended" }
    }
    #expect(outcome == "badPayload" || outcome == "upstream-failed", "\(outcome ?? "no end")")
    #expect(fixture.requestCount <= 60, "\(fixture.requestCount) requests")
  }
}

/// What happens to the upstream lists between two pages.
struct Churn {
  private var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  mutating func happen(to fixture: GatewayFixture) throws {
    fixture.clock.advance(by: .milliseconds(Int.random(in: 1...5, using: &random)))
    for provider in SimulatedProvider.allCases {
      let service = fixture.simulator.service(provider)
      if random.chance(0.5) { service.insert() }
      if random.chance(0.3) {
        service.insert(age: .seconds(Int.random(in: 1...5_000_000, using: &random)))
      }
      // One at the very time of another.
      let rows = service.rows()
      if random.chance(0.2), let twin = rows.randomElement(using: &random) {
        service.insert(createdAt: twin.createdAt)
      }
      if random.chance(0.4), let victim = rows.randomElement(using: &random) {
        service.delete(victim.id)
      }
      if random.chance(0.2), let first = rows.first { service.delete(first.id) }
      if random.chance(0.3), let changed = rows.randomElement(using: &random) {
        service.update(changed.id)
      }
    }
  }
}

/// The filters of `TraversalWalkTests`, said in Swift.
enum WalkFilter {
  static func matches(_ filter: String, _ session: Session) -> Bool {
    let title = session.text("title") ?? ""
    func within(_ field: String, from start: String, to end: String = "9") -> Bool {
      session.text(field).map { $0 >= start && $0 < end } ?? false
    }
    switch filter.prefix(4) {
    case "": return true
    case "stat": return session.text("status") == "failed"
    case "sour": return session.source != "alcamine"
    case "moda":
      return ["voice", "text"].contains(session.text("modality"))
        && ["phone", "web"].contains(session.text("channel"))
    case "q=a":
      return title.lowercased().contains("a") || session.nativeID.lowercased().contains("a")
    case "crea":
      return within("createdAt", from: WalkTimes.weeksAgo(5), to: WalkTimes.weeksAgo(2))
    default: return within("updatedAt", from: WalkTimes.weeksAgo(6))
    }
  }
}

/// Moments of the past, the same ones during a run.
enum WalkTimes {
  private static let now = Int(WallTime.now().milliseconds)

  static func weeksAgo(_ weeks: Int) -> String {
    timeText(milliseconds: now - weeks * 7 * 86_400_000)
  }
}
