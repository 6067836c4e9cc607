import Foundation
import Simulator
import Testing

@Suite struct CursorTests {
  @Test func aChangedByteIsRefusedWhereverItIs() throws {
    let fixture = try GatewayFixture(sessions: 20)
    let cursor = try #require(try fixture.client.page("limit=5").cursor)
    let before = fixture.requestCount
    let characters = Array(cursor)
    for place in characters.indices {
      var changed = characters
      changed[place] = characters[place] == "A" ? "B" : "A"
      let answer = try fixture.client.get("/v1/sessions?limit=5&cursor=\(String(changed))")
      guard answer.status == 400, answer.problem == "cursor-invalid" else {
        Issue.record("byte \(place): \(answer.status) \(answer.body.prefix(200))")
        break
      }
    }
    #expect(fixture.requestCount == before)
  }

  @Test func whatIsNoCursorIsRefused() throws {
    let fixture = try GatewayFixture(sessions: 20)
    let cursor = try #require(try fixture.client.page("limit=5").cursor)
    let before = fixture.requestCount
    let half = String(cursor.prefix(cursor.count / 2))
    let others = [
      "A", "abc", half, cursor + "A", cursor + "AAAA", cursor + "%3D", cursor + "%3D%3D",
      "A" + cursor, String(cursor.dropLast()), String(cursor.dropFirst()), cursor + "%0A",
      "%20" + cursor, cursor + cursor, "eyJhIjoxfQ", "%C3%BC", "..", cursor + "%00",
      String(repeating: "A", count: 5_000),
    ]
    for other in others {
      let answer = try fixture.client.get("/v1/sessions?limit=5&cursor=\(other)")
      guard answer.status == 400, answer.problem == "cursor-invalid" else {
        Issue.record("\(other.prefix(60)): \(answer.status) \(answer.body.prefix(200))")
        continue
      }
      try answer.expectProblem(400, "cursor-invalid", parameter: "cursor")
    }
    let empty = try fixture.client.get("/v1/sessions?cursor=")
    #expect(empty.status == 400)
    #expect(fixture.requestCount == before)
  }

  /// The bits of the last character that no byte uses must be zero.
  @Test func onlyTheCanonicalSpellingIsTaken() throws {
    let fixture = try GatewayFixture(sessions: 20)
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    for query in ["limit=5", "limit=6&source=anam", "limit=7&source=anam,athena", "limit=3"] {
      let cursor = try #require(try fixture.client.page(query).cursor)
      #expect(cursor.allSatisfy(alphabet.contains))
      guard cursor.count % 4 != 0 else { continue }
      let last = try #require(alphabet.firstIndex(of: cursor.last ?? "A"))
      let other = String(cursor.dropLast()) + String(alphabet[last ^ 1])
      try fixture.client.get("/v1/sessions?\(query)&cursor=\(other)")
        .expectProblem(400, "cursor-invalid", parameter: "cursor")
    }
  }

  @Test func anotherQueryIsAMismatch() throws {
    let fixture = try GatewayFixture(sessions: 40)
    let cursor = try #require(try fixture.client.page("limit=5&status=completed&q=a").cursor)
    let before = fixture.requestCount
    for query in [
      "", "status=completed", "status=failed&q=a", "status=completed,failed&q=a",
      "status=completed&q=b", "status=completed&q=a&sort=createdAt",
      "status=completed&q=a&source=anam", "status=completed&q=a&createdAfter=2020-01-01",
      "status=completed&q=a&athena.includeSubSessions=true", "status=completed&q=a&agentId=x",
    ] {
      let answer = try fixture.client.get(
        "/v1/sessions?\(query)&limit=5&cursor=\(cursor)"
          .replacingOccurrences(of: "?&", with: "?"))
      guard answer.problem == "cursor-mismatch" else {
        Issue.record("\(query): \(answer.status) \(answer.body.prefix(200))")
        continue
      }
      try answer.expectProblem(400, "cursor-mismatch", parameter: "cursor")
    }
    #expect(fixture.requestCount == before)
  }

  @Test func theSameMeaningSpeltOtherwiseIsTaken() throws {
    let fixture = try GatewayFixture(sessions: 40)
    let query = "status=completed,failed&source=anam,athena&createdAfter=2020-01-01"
    let cursor = try #require(try fixture.client.page("\(query)&limit=5").cursor)
    let next = try fixture.client.page("\(query)&limit=5&cursor=\(cursor)").ids
    #expect(next.count == 5)
    for same in [
      "source=athena,anam&createdAfter=2020-01-01&status=failed,completed",
      "status=failed&status=completed&status=failed&source=anam&source=athena"
        + "&createdAfter=2020-01-01",
      "\(query)&sort=-createdAt", "\(query)&partial=allow", "\(query)&format=json",
      "\(query)&athena.includeSubSessions=false",
      "status=completed,failed&source=anam,athena&createdAfter=2020-01-01T00:00:00Z",
      "status=completed,failed&source=anam,athena&createdAfter=2020-01-01T01:00:00%2B01:00",
    ] {
      #expect(try fixture.client.page("\(same)&limit=5&cursor=\(cursor)").ids == next, "\(same)")
    }
  }

  @Test func whatOnlyConcernsThePresentationMayChange() throws {
    let fixture = try GatewayFixture(sessions: 40)
    let all = SessionSort.newestFirst.sorted(try fixture.expected()).map(\.id)
    let cursor = try #require(try fixture.client.page("limit=5").cursor)
    for query in ["limit=3", "limit=40", "fields=title", "include=raw", "partial=deny"] {
      let page = try fixture.client.page("\(query)&cursor=\(cursor)")
      expectSame(page.ids, Array(all[5..<(5 + page.ids.count)]), "\(query)")
      #expect(!page.ids.isEmpty)
    }
    #expect(try fixture.client.get("/v1/sessions?format=csv&cursor=\(cursor)").status == 200)
    #expect(try fixture.client.get("/v1/sessions?format=ndjson&cursor=\(cursor)").status == 200)
  }

  @Test func aCursorCanBeUsedAgain() throws {
    let fixture = try GatewayFixture(sessions: 40)
    let first = try fixture.client.page("limit=6")
    let cursor = try #require(first.cursor)
    let second = try fixture.client.page("limit=6&cursor=\(cursor)")
    _ = try Walk([fixture.client], limit: 6, from: cursor)
    #expect(try fixture.client.page("limit=6&cursor=\(cursor)").ids == second.ids)
  }

  @Test func aCursorOutlivesItsProcessWithTheSecret() throws {
    let fixture = try GatewayFixture(sessions: 40)
    let all = SessionSort.newestFirst.sorted(try fixture.expected()).map(\.id)
    let first = try fixture.anotherGateway().client.page("limit=6")
    let cursor = try #require(first.cursor)
    let rest = try Walk([try fixture.anotherGateway().client], limit: 500, from: cursor)
    expectSame(first.ids + rest.ids, all)
  }

  @Test func anotherSecretRefusesIt() throws {
    let fixture = try GatewayFixture(sessions: 20)
    let cursor = try #require(try fixture.client.page("limit=5").cursor)
    let stranger = try fixture.anotherGateway {
      $0.cursor.secrets = [Array("quite another secret, as long as it".utf8)]
    }
    let before = fixture.requestCount
    try stranger.client.get("/v1/sessions?limit=5&cursor=\(cursor)")
      .expectProblem(400, "cursor-invalid", parameter: "cursor")
    #expect(fixture.requestCount == before)
  }

  @Test func ofTwoSecretsTheFirstSignsAndBothVerify() throws {
    let fixture = try GatewayFixture(sessions: 20)
    let new = Array("the new secret of thirty-two bytes".utf8)
    let rotated = try fixture.anotherGateway { $0.cursor.secrets = [new, GatewayFixture.secret] }
    let next = try fixture.anotherGateway { $0.cursor.secrets = [new] }
    let old = try #require(try fixture.client.page("limit=5").cursor)
    let page = try rotated.client.page("limit=5&cursor=\(old)")
    let cursor = try #require(page.cursor)
    #expect(try next.client.page("limit=5&cursor=\(cursor)").ids.count == 5)
    try fixture.client.get("/v1/sessions?limit=5&cursor=\(cursor)")
      .expectProblem(400, "cursor-invalid", parameter: "cursor")
  }

  @Test func anOldCursorIsExpired() throws {
    let fixture = try GatewayFixture(sessions: 20) { _ in
    } configure: {
      $0.cursor.lifetime = .milliseconds(1)
    }
    let cursor = try #require(try fixture.client.page("limit=5").cursor)
    let end = ContinuousClock.now + .seconds(5)
    var answer = try fixture.client.get("/v1/sessions?limit=5&cursor=\(cursor)")
    while answer.status == 200, ContinuousClock.now < end {
      answer = try fixture.client.get("/v1/sessions?limit=5&cursor=\(cursor)")
    }
    try answer.expectProblem(400, "cursor-expired", parameter: "cursor")
  }

  @Test func aSourceThatIsGoneIsPassedOverAndANewOneIsNoPart() throws {
    let fixture = try GatewayFixture(sessions: 30)
    let simulator = fixture.simulator
    let two = try fixture.anotherGateway { configuration in
      configuration.sources = try [.alcamine, .anam].map {
        try GatewayFixture.source($0, of: simulator)
      }
    }
    let all = SessionSort.newestFirst.sorted(try fixture.expected())
    let three = try fixture.client.page("limit=10")
    try #require(three.hasMore == true)
    let lost = try Walk([two.client], limit: 10, from: three.cursor)
    expectSame(lost.ids, all.dropFirst(10).filter { $0.source != "athena" }.map(\.id))

    let known = all.filter { $0.source != "athena" }.map(\.id)
    let first = try two.client.page("limit=10")
    try #require(first.hasMore == true)
    let gained = try Walk([fixture.client], limit: 10, from: first.cursor)
    expectSame(first.ids + gained.ids, known)
  }

  @Test func aCursorOfThreeSourcesIsShort() throws {
    let fixture = try GatewayFixture(sessions: 60)
    for sort in SessionSort.allCases {
      let walk = try Walk([fixture.client], "sort=\(sort.rawValue)", limit: 25)
      for cursor in walk.pages.compactMap(\.cursor) {
        #expect(cursor.utf8.count < 600, "\(sort): \(cursor.utf8.count)")
      }
    }
  }
}
