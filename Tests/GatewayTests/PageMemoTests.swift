import Foundation
import HTTP
import Simulator
import Testing
import Transport

@testable import Gateway

/// A first page that is asked for again is not written again while it would come out the same. Here each is
/// asked for four times: from the sources, from kept windows, and twice with what was written then.
@Suite(.timeLimit(.minutes(1))) struct PageMemoTests {
  private func fixture(
    ttl: Duration = .seconds(60), configure: (inout GatewayConfiguration) -> Void = { _ in }
  ) throws -> GatewayFixture {
    try GatewayFixture(configure: { configuration in
      configuration.cache.ttl = ttl
      configure(&configuration)
    })
  }

  @Test(arguments: [
    "", "limit=7", "limit=20&fields=title,status", "status=completed", "sort=-updatedAt",
    "sort=createdAt", "limit=500", "include=raw",
  ])
  func aRepeatedPageIsTheSamePage(query: String) throws {
    let fixture = try fixture()
    let first = try fixture.client.page(query)
    let tag = try fixture.client.get("/v1/sessions?\(query)")["ETag"]
    for _ in 0..<3 {
      let page = try fixture.client.page(query)
      #expect(page.sessions.map(\.canonical) == first.sessions.map(\.canonical))
      #expect(page.hasMore == first.hasMore && page.cost == 0)
      for source in page.sourceNames {
        for counter in ["returned", "scanned", "rejected"] {
          #expect(page.count(counter, source) == first.count(counter, source))
        }
        #expect(page.state(source) == first.state(source))
      }
      let answer = try fixture.client.get("/v1/sessions?\(query)")
      #expect(answer["ETag"] == tag)
    }
  }

  @Test func theWalkGoesOnFromARepeatedPage() throws {
    let fixture = try fixture()
    let all = SessionSort.newestFirst.sorted(try fixture.expected()).map(\.id)
    for _ in 0..<4 {
      let page = try fixture.client.page("limit=20")
      let walk = try Walk([fixture.client], "", limit: 20, from: page.cursor)
      expectSame(page.ids + walk.ids, all)
    }
  }

  @Test func permissionsAndFormatsAreNeverMixed() throws {
    let fixture = try fixture {
      $0.auth.isDisabled = false
      $0.auth.tokens = PermissionTests.tokens
    }
    let target = "/v1/sessions?limit=50"
    for _ in 0..<4 {
      for headers in [PermissionTests.raw, PermissionTests.contact, PermissionTests.plain] {
        let page = try fixture.client.page("limit=50", headers)
        let seesContact = headers != PermissionTests.plain
        #expect(
          page.sessions.contains { $0.text("participant", "email") != nil } == seesContact)
        let csv = try fixture.client.get(target, headers.merging(["Accept": "text/csv"]) { $1 })
        #expect(csv["Content-Type"]?.hasPrefix("text/csv") == true)
        #expect(csv.body.contains("@") == seesContact)
      }
      let raw = "/v1/sessions?limit=50&include=raw"
      #expect(try fixture.client.get(raw, PermissionTests.raw).status == 200)
      try fixture.client.get(raw, PermissionTests.contact).expectProblem(403, "forbidden")
      #expect(try fixture.client.get(target).status == 401)
    }
  }

  @Test func codingsAreNeverMixed() throws {
    let fixture = try fixture()
    for _ in 0..<4 {
      for coding in ["gzip", "identity"] {
        let answer = try fixture.client.get("/v1/sessions", ["Accept-Encoding": coding])
        #expect(answer["Content-Encoding"] == (coding == "gzip" ? "gzip" : nil))
        let tag = try #require(answer["ETag"])
        let again = try fixture.client.get(
          "/v1/sessions", ["Accept-Encoding": coding, "If-None-Match": tag])
        #expect(again.status == 304 && again["Content-Encoding"] == nil)
      }
    }
  }

  @Test func aKnownTagIsAnsweredWithoutABody() throws {
    let fixture = try fixture()
    for _ in 0..<4 {
      let answer = try fixture.client.get("/v1/sessions")
      let tag = try #require(answer["ETag"])
      let again = try fixture.client.get("/v1/sessions", ["If-None-Match": tag])
      #expect(again.status == 304 && again.body.isEmpty)
      #expect(try fixture.client.get("/v1/sessions", ["If-None-Match": "\"x\""]).status == 200)
    }
  }

  /// Asking all the time must not keep a page alive.
  @Test func whatIsRepeatedIsNoOlderThanTheTTL() throws {
    let fixture = try fixture(ttl: .milliseconds(300))
    let before = try fixture.client.page("limit=5")
    let id = fixture.simulator.service(.anam).insert()
    try GatewayFixture.wait { try fixture.client.page("limit=5").ids.contains("anam:\(id)") }
    #expect(!before.ids.contains("anam:\(id)"))
  }

  /// A cursor is of use for nine tenths of its life, however often the page that bears it is repeated.
  @Test func aRepeatedPagesCursorIsYoung() {
    let store = WindowStore(ttl: .seconds(1_000), readAhead: .zero, maximumBytes: 0)
    let memo = PageMemo(store: store, cursorLifetime: .seconds(20))
    let key = PageMemo.Key(query: "limit=5", accept: [], coding: .plain, permissions: 0)
    let then = Instant.now()
    memo.keep(
      PageMemo.Entry(
        reads: [], page: .init(rows: [], hasMore: true, positions: [], outcomes: []), notes: [],
        sources: [], limit: 5, response: Response(200), madeAt: then), key)
    #expect(memo.entry(key, at: then + .seconds(2)) != nil)
    #expect(memo.entry(key, at: then + .seconds(2) + .nanoseconds(1)) == nil)
  }

  /// More of them than are kept.
  @Test func manyPagesPushOutOneAnother() throws {
    let fixture = try fixture()
    for _ in 0..<3 {
      for limit in 1...80 {
        let page = try fixture.client.page("limit=\(limit)")
        #expect(page.sessions.count == limit)
      }
    }
  }
}
