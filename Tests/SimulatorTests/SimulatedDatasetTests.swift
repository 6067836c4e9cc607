import Dispatch
import HTTP
import Testing

@testable import Simulator

/// Determinism, growth, churn and the order of lists, on a clock moved by hand.
struct SimulatedDatasetTests {
  private static let lists: [SimulatedProvider: String] = [
    .alcamine: "/sessions?limit=250", .anam: "/v1/sessions?perPage=100",
    .athena: "/api/v0/sessions?limit=500",
  ]

  @Test(arguments: SimulatedProvider.allCases)
  func `the same seed gives the same bytes, another seed others`(provider: SimulatedProvider) throws
  {
    let target = try #require(SimulatedDatasetTests.lists[provider])
    let (first, second) = (ServiceClient(provider), ServiceClient(provider))
    let other = ServiceClient(provider, .still(seed: 8))
    // Compared apart from the expectation, which would look for the difference byte by byte.
    let isRepeated = first.bytes(target) == second.bytes(target)
    let isSeeded = first.bytes(target) != other.bytes(target)
    #expect(isRepeated)
    #expect(isSeeded)
  }

  @Test(arguments: SimulatedProvider.allCases)
  func `what happens does not depend on how often it is looked at`(
    provider: SimulatedProvider
  ) throws {
    let target = try #require(SimulatedDatasetTests.lists[provider])
    let options = DatasetOptions(
      seed: 3, sessions: 200, growthPerMinute: 30,
      churn: ChurnRates(backdatedInserts: 10, deletions: 10, updates: 20))
    let (patient, curious) = (ServiceClient(provider, options), ServiceClient(provider, options))
    for _ in 0..<300 {
      curious.clock.advance(by: .seconds(2))
      _ = curious.service.rows()
    }
    patient.clock.advance(by: .seconds(600))
    #expect(patient.service.rows().count == curious.service.rows().count)
    let isSame = patient.bytes(target) == curious.bytes(target)
    #expect(isSame)
  }

  @Test func `it grows at its rate, and sessions come to an end`() throws {
    let options = DatasetOptions(seed: 5, sessions: 50, growthPerMinute: 20, tieRate: 0)
    let client = ServiceClient(.alcamine, options)
    let before = Set(client.service.rows().map(\.id))
    client.clock.advance(by: .seconds(3_600))
    let rows = client.service.rows()
    #expect(abs(rows.count - 50 - 1_200) < 150)
    #expect(Set(rows.suffix(50).map(\.id)) == before)
    let states = try client.rows("/sessions?limit=250").map { $0["status"] as? String }
    #expect(states.contains("IN_PROGRESS"))
    client.clock.advance(by: .seconds(60))
    let id = try #require(
      try client.rows("/sessions?limit=1").first?["id"] as? String)
    let young = try client.object("/sessions/\(id)")
    client.clock.advance(by: .seconds(4 * 3_600))
    let old = try client.object("/sessions/\(id)")
    #expect(old["createdAt"] as? String == young["createdAt"] as? String)
    #expect(milliseconds(old["updatedAt"])! > milliseconds(young["updatedAt"])!)
  }

  @Test func `rows lie within the days before the start`() {
    let client = ServiceClient(.athena, .still(sessions: 2_000))
    let rows = client.service.rows()
    let now = client.clock.now
    #expect(rows.count == 2_000)
    #expect(rows.allSatisfy { $0.createdAt <= now && $0.createdAt > now - .seconds(60 * 86_400) })
    #expect(rows.allSatisfy { $0.updatedAt >= $0.createdAt && $0.updatedAt <= now })
    #expect(Set(rows.map(\.id)).count == 2_000)
  }

  @Test func `ties come at their rate and keep their order`() throws {
    let client = ServiceClient(.alcamine, .still(sessions: 1_000, tieRate: 0.5))
    let rows = client.service.rows()
    let tied = zip(rows, rows.dropFirst()).filter { $0.createdAt == $1.createdAt }.count
    #expect((400...600).contains(tied))
    let listed = try (0..<10).flatMap { try client.ids("/sessions?limit=100&offset=\($0 * 100)") }
    #expect(listed == rows.map(\.id))
  }

  @Test(arguments: SimulatedProvider.allCases)
  func `inserts, deletes and updates show at once`(provider: SimulatedProvider) throws {
    let client = ServiceClient(provider)
    let service = client.service
    client.clock.advance(by: .seconds(60))
    let newest = service.insert()
    #expect(service.rows().first?.id == newest)
    let backdated = service.insert(age: .seconds(30 * 86_400))
    let place = try #require(service.rows().firstIndex { $0.id == backdated })
    #expect((1..<300).contains(place))
    let victim = service.rows()[150].id
    #expect(service.delete(victim))
    #expect(!service.delete(victim))
    #expect(!service.update(victim))
    #expect(!service.rows().contains { $0.id == victim })
    let changed = service.rows()[200].id
    #expect(service.update(changed))
    let row = try #require(service.rows().first { $0.id == changed })
    #expect(row.updatedAt.milliseconds == client.clock.now.milliseconds)
    #expect(service.rows().count == 301)
  }

  @Test func `an update moves a session to the head of Athena's list by update`() throws {
    let client = ServiceClient(.athena)
    client.clock.advance(by: .seconds(60))
    let row = try #require(
      client.service.rows().last { !$0.isSubSession && !$0.isTask })
    #expect(client.service.update(row.id))
    #expect(try client.ids("/api/v0/sessions?limit=1") == [row.id])
    #expect(client.service.delete(row.id))
    #expect(try client.ids("/api/v0/sessions?limit=500").contains(row.id) == false)
  }

  @Test func `churn changes the list at its rates, and the list stays in order`() throws {
    let options = DatasetOptions(
      seed: 11, sessions: 1_000, growthPerMinute: 0,
      churn: ChurnRates(backdatedInserts: 6, deletions: 3, updates: 12), tieRate: 0)
    let client = ServiceClient(.alcamine, options)
    let before = client.service.rows()
    client.clock.advance(by: .seconds(1_200))
    let after = client.service.rows()
    let (idsBefore, idsAfter) = (Set(before.map(\.id)), Set(after.map(\.id)))
    #expect((80...160).contains(idsAfter.subtracting(idsBefore).count))
    #expect((35...90).contains(idsBefore.subtracting(idsAfter).count))
    let updates = Dictionary(uniqueKeysWithValues: before.map { ($0.id, $0.updatedAt) })
    let moved = after.filter { row in updates[row.id].map { $0 < row.updatedAt } == true }.count
    #expect((150...260).contains(moved))
    let pages = (after.count + 249) / 250
    let listed = try (0..<pages).flatMap {
      try client.ids("/sessions?limit=250&offset=\($0 * 250)")
    }
    #expect(listed == after.map(\.id))
  }

  @Test func `a random history leaves every index as if it were built anew`() {
    for seed in UInt64(1)...20 {
      var dice = Dice(seed: seed, stream: 0)
      let now = WallTime(milliseconds: 1_795_176_000_000)
      var dataset = SimulatedDataset(.athena, .still(seed: seed, sessions: 60), now: now)
      for step in 1...200 {
        dataset.advance(to: now + .milliseconds(step * 500))
        let serial = UInt32(dice.below(dataset.sessions.count))
        switch dice.below(4) {
        case 0: dataset.insert(at: dataset.now)
        case 1: dataset.insert(at: dataset.now - .seconds(dice.between(0, 5_000_000)))
        case 2: _ = dataset.update(serial)
        default: _ = dataset.delete(serial)
        }
      }
      for (order, plain) in [(SessionListQuery.Order.created, true), (.updated, false)] {
        let query = SessionListQuery(
          order: order, includesSubSessions: !plain, includesTasks: !plain)
        let expected = dataset.sessions
          .filter { !$0.isDeleted && !(plain && ($0.isSubSession || $0.isTask)) }
          .sorted { left, right in
            let (first, second) =
              order == .created ? (left.created, right.created) : (left.updated, right.updated)
            return first == second ? left.serial < right.serial : first > second
          }
        let window = dataset.window(query, offset: 0, limit: 1_000)
        #expect(window.rows.map(\.serial) == expected.map(\.serial), "seed \(seed)")
        #expect(dataset.count(query) == expected.count, "seed \(seed)")
      }
    }
  }

  @Test func `some sessions are under way from the start`() throws {
    for provider in SimulatedProvider.allCases {
      let client = ServiceClient(provider, .still(sessions: 2_000))
      let recent = client.clock.now - .seconds(20 * 60)
      #expect((8...40).contains(client.service.rows().filter { $0.createdAt > recent }.count))
    }
    let client = ServiceClient(.alcamine, .still(sessions: 2_000))
    let states = try client.rows("/sessions?limit=30").map { $0["status"] as? String }
    #expect(states.contains("IN_PROGRESS") && states.contains("COMPLETED"))
  }

  @Test func `many threads may ask and meddle at once`() {
    let options = DatasetOptions(
      seed: 2, sessions: 100, growthPerMinute: 600,
      churn: ChurnRates(backdatedInserts: 60, deletions: 60, updates: 600))
    let client = ServiceClient(.athena, options)
    let (service, clock) = (client.service, client.clock)
    DispatchQueue.concurrentPerform(iterations: 200) { index in
      clock.advance(by: .milliseconds(100))
      switch index % 4 {
      case 0: service.insert()
      case 1: _ = service.delete(service.rows()[50].id)
      default:
        let request = Request(
          method: "GET", path: "/api/v0/sessions", query: "limit=20",
          fields: Fields([("X-API-KEY", ServiceClient.key)]))
        #expect(service.answer(request).status == 200)
      }
    }
    #expect(service.counts.lists == 100)
  }

  @Test func `ids go to their session and back, and nothing else does`() {
    for form in [Identity.Form.cuid, .uuid, .asset] {
      let identity = Identity(form: form, seed: 99)
      for serial in [0, 1, 2, 999, 60_000, UInt32.max] {
        #expect(identity.session(identity.text(.session, serial)) == serial)
        #expect(identity.session(identity.text(.person, serial)) == nil)
        #expect(Identity(form: form, seed: 98).session(identity.text(.session, serial)) == nil)
      }
    }
  }
}
