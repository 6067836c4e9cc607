import Foundation
import Simulator
import Testing

@Suite struct ListParameterTests {
  static let uuid = "0f8fad5b-d9cb-469f-a165-70867728950e"

  /// What is allowed, spelt in every way that there is.
  static let good: [String] =
    [
      "limit=1", "limit=500", "limit=50", "source=anam", "source=anam,athena",
      "source=anam&source=athena", "source=anam,anam", "provider=alcamine,anam&provider=athena",
      "status=pending,active,completed,failed,canceled,unknown",
      "channel=phone,web,api,email,slack,sms,other,unknown",
      "modality=voice,video,text,desktop,mobile,unknown", "agentId=x", "agentId=a%2Cb",
      "participantId=x", "workspaceId=x", "q=a", "q=%20", "q=%C3%BC", "q=a%2Cb",
      "createdAfter=2026-04-20", "createdAfter=2026-04-20T09:00:00Z",
      "createdAfter=2026-04-20T09:00:00.123456%2B02:00", "createdBefore=2026-04-20T09:00:00.1Z",
      "updatedAfter=2024-02-29", "updatedBefore=2030-01-01",
      "createdAfter=2026-04-21&createdBefore=2026-04-20",
      "include=raw", "fields=title", "fields=id,title,agent,attributes", "partial=allow",
      "partial=deny", "athena.includeSubSessions=true", "athena.includeSubSessions=false",
      "athena.includeTaskSessions=true", "athena.appId=deal-room", "anam.apiKeyId=\(uuid)",
      "format=json", "format=ndjson", "format=csv", "%6Cimit=5",
    ] + SessionSort.allCases.map { "sort=\($0.rawValue)" }

  @Test func whatIsAllowedIsTaken() throws {
    let fixture = try GatewayFixture(sessions: 10)
    for query in ListParameterTests.good {
      let answer = try fixture.client.get("/v1/sessions?\(query)")
      #expect(answer.status == 200, "\(query): \(answer.body.prefix(300))")
    }
  }

  static let bad: [(parameter: String, values: [String])] = [
    ("limit", ["0", "501", "-1", "abc", "1.5", "", "1e2", "0x10", "%205", "99999999999999999999"]),
    ("source", ["", "nope", "anam,nope", "anam,", ",anam", "ANAM"]),
    ("provider", ["", "nope", "anam,,athena", "Anam"]),
    ("status", ["", "done", "active,done", "COMPLETED", "active,"]),
    ("channel", ["", "fax", "web;api", "Web"]),
    ("modality", ["", "smell", "voice,smell"]),
    ("agentId", [""]), ("participantId", [""]), ("workspaceId", [""]), ("q", [""]),
    (
      "createdAfter",
      [
        "", "yesterday", "2026-13-01", "2026-02-30", "2026-04-20T25:00:00Z", "1700000000",
        "2026-04-20T09:00:00", "2026-04-20T09:00Z", "20260420", "2026-04-20Z", "2026-4-2",
        "2026-04-20T09:00:00.Z", "2026-04-20T09:00:00+2:00", "2026-04-20T09:60:00Z",
      ]
    ),
    ("createdBefore", ["", "now", "2025-02-29"]), ("updatedAfter", ["", "x", "2026-00-10"]),
    ("updatedBefore", ["", "tomorrow", "2026-04-31"]),
    (
      "sort",
      ["", "created", "createdAt,updatedAt", "+createdAt", "--createdAt", "title", "CREATEDAT"]
    ),
    ("include", ["", "everything", "RAW"]),
    ("fields", ["", "nope", "title,nope", "title,", "agent.id"]),
    ("partial", ["", "maybe", "true"]),
    ("athena.includeSubSessions", ["", "yes", "1", "TRUE"]),
    ("athena.includeTaskSessions", ["", "no", "0"]),
    ("athena.appId", [""]), ("anam.apiKeyId", ["", "nope", "0f8fad5b-d9cb-469f-a165"]),
    ("format", ["", "xml", "JSON"]),
  ]

  @Test func whatIsNotAllowedIsNamedAndReachesNoUpstream() throws {
    let fixture = try GatewayFixture(sessions: 5)
    for (parameter, values) in ListParameterTests.bad {
      for value in values {
        let answer = try fixture.client.get("/v1/sessions?\(parameter)=\(value)")
        guard answer.status == 400, answer.problem == "invalid-parameter" else {
          Issue.record("\(parameter)=\(value): \(answer.status) \(answer.body.prefix(300))")
          continue
        }
        try answer.expectProblem(400, "invalid-parameter", parameter: parameter)
      }
    }
    #expect(fixture.requestCount == 0)
  }

  /// A 400 says what is allowed.
  @Test(arguments: [
    ("limit=501", ["1", "500"]), ("status=x", ["pending", "canceled", "unknown"]),
    ("channel=x", ["phone", "slack"]), ("modality=x", ["voice", "desktop"]),
    ("sort=x", ["-createdAt", "updatedAt"]), ("format=x", ["json", "ndjson", "csv"]),
    ("partial=x", ["allow", "deny"]), ("include=x", ["raw"]), ("fields=x", ["nativeId"]),
    ("source=x", ["alcamine", "anam", "athena"]), ("provider=x", ["alcamine", "athena"]),
    ("createdAfter=x", ["3339"]), ("anam.apiKeyId=x", ["UUID"]),
    ("athena.includeSubSessions=x", ["true", "false"]), ("colour=x", ["limit", "sort"]),
  ])
  func theDetailSaysWhatIsAllowed(query: String, words: [String]) throws {
    let fixture = try GatewayFixture(sessions: 1)
    let answer = try fixture.client.get("/v1/sessions?\(query)")
    let detail = try answer.object()["detail"] as? String ?? ""
    for word in words { #expect(detail.contains(word), "\(query): \(detail)") }
  }

  @Test(arguments: [
    ("limit", "limit=5&limit=5"), ("agentId", "agentId=a&agentId=b"), ("q", "q=a&q=a"),
    ("participantId", "participantId=a&participantId=a"),
    ("workspaceId", "workspaceId=a&workspaceId=a"),
    ("createdAfter", "createdAfter=2026-04-20&createdAfter=2026-04-20"),
    ("updatedBefore", "updatedBefore=2026-04-20&limit=5&updatedBefore=2026-04-21"),
    ("sort", "sort=createdAt&sort=createdAt"), ("partial", "partial=deny&partial=deny"),
    ("format", "format=json&format=csv"), ("athena.appId", "athena.appId=a&athena.appId=a"),
    ("anam.apiKeyId", "anam.apiKeyId=\(uuid)&anam.apiKeyId=\(uuid)"),
    ("athena.includeSubSessions", "athena.includeSubSessions=true&athena.includeSubSessions=true"),
  ])
  func aRepeatedSingleValueIsRefused(parameter: String, query: String) throws {
    let fixture = try GatewayFixture(sessions: 1)
    try fixture.client.get("/v1/sessions?\(query)")
      .expectProblem(400, "invalid-parameter", parameter: parameter)
    #expect(fixture.requestCount == 0)
  }

  @Test func aRepeatedCursorIsRefused() throws {
    let fixture = try GatewayFixture(sessions: 5)
    let cursor = try #require(try fixture.client.page("limit=2").cursor)
    let before = fixture.requestCount
    let answer = try fixture.client.get("/v1/sessions?limit=2&cursor=\(cursor)&cursor=\(cursor)")
    #expect(answer.status == 400)
    #expect(try answer.object()["parameter"] as? String == "cursor")
    #expect(fixture.requestCount == before)
  }

  @Test(arguments: [
    "colour", "Limit", "offset", "page", "limit%20", "athena.nope", "anam.includeSubSessions",
    "sources", "created_after",
  ])
  func anUnknownParameterIsNamed(name: String) throws {
    let fixture = try GatewayFixture(sessions: 1)
    try fixture.client.get("/v1/sessions?limit=5&\(name)=1").expectProblem(
      400, "unknown-parameter", parameter: name.removingPercentEncoding ?? name)
    #expect(fixture.requestCount == 0)
  }

  @Test(arguments: ["limit=%zz", "q=%FF%FE", "%FF=1", "q=%", "q=%C3"])
  func aQueryThatIsNoTextIsRefused(query: String) throws {
    let fixture = try GatewayFixture(sessions: 1)
    #expect(try fixture.client.get("/v1/sessions?\(query)").status == 400)
    #expect(fixture.requestCount == 0)
  }

  @Test func limitsFromOneToFiveHundred() throws {
    let fixture = try GatewayFixture(sessions: 260)
    let all = SessionSort.newestFirst.sorted(try fixture.expected())
    for limit in [1, 2, 49, 50, 51, 499, 500] {
      let page = try fixture.client.page("limit=\(limit)")
      expectSame(page.ids, all.prefix(limit).map(\.id))
      #expect((page.object["page"] as? [String: Any])?["limit"] as? Int == limit)
      #expect(page.hasMore == true)
    }
    #expect(try fixture.client.page("").sessions.count == 50)
  }

  // MARK: What the filters mean

  /// Every filter over the real thing, and the same over what the upstreams hold.
  @Test func everyFilterGivesWhatMatches() throws {
    let fixture = try GatewayFixture(sessions: 150)
    let all = try fixture.expected()
    let sample = all[all.count / 2]
    let agent = all.compactMap { $0.text("agent", "id") }[3]
    let person = all.compactMap { $0.text("participant", "id") }[4]
    let anamAgent = try #require(
      all.first { $0.source == "anam" && $0.text("agent", "id") != nil }?.text("agent", "id"))
    let workspace = try #require(sample.text("workspaceId"))
    let created = try #require(sample.text("createdAt"))
    let updated = try #require(all.first { $0.text("updatedAt") != nil }?.text("updatedAt"))
    let word = String(try #require(all.compactMap { $0.text("title") }.first).prefix(9))
    let fragment = String(sample.nativeID.dropFirst(8).prefix(3))
    func at(_ field: String, _ name: String) -> (Session) -> Bool { { $0.text(field) == name } }
    let filters: [(String, (Session) -> Bool)] =
      [
        ("agentId=\(escaped(agent))", { $0.text("agent", "id") == agent }),
        ("agentId=\(anamAgent)", { $0.text("agent", "id") == anamAgent }),
        ("agentId=no-uuid", { _ in false }),
        ("participantId=\(escaped(person))", { $0.text("participant", "id") == person }),
        ("workspaceId=\(escaped(workspace))", at("workspaceId", workspace)),
        ("createdAfter=\(created)", { $0.text("createdAt").map { $0 >= created } ?? false }),
        ("createdBefore=\(created)", { $0.text("createdAt").map { $0 < created } ?? false }),
        ("updatedAfter=\(updated)", { $0.text("updatedAt").map { $0 >= updated } ?? false }),
        ("updatedBefore=\(updated)", { $0.text("updatedAt").map { $0 < updated } ?? false }),
        ("q=\(escaped(word.uppercased()))", { $0.matches(word) }),
        ("q=\(escaped(fragment))", { $0.matches(fragment) }),
        ("source=anam,athena", { $0.source != "alcamine" }),
        ("provider=alcamine", { $0.source == "alcamine" }),
        ("provider=alcamine&source=anam", { _ in false }),
        ("status=failed,active", { ["failed", "active"].contains($0.text("status")) }),
        (
          "channel=web,slack&modality=text,voice&status=completed",
          {
            ["web", "slack"].contains($0.text("channel"))
              && ["text", "voice"].contains($0.text("modality"))
              && $0.text("status") == "completed"
          }
        ),
        (
          "athena.appId=deal-room",
          { $0.source != "athena" || $0.text("attributes", "appId") == "deal-room" }
        ),
      ]
      + ["pending", "active", "completed", "failed", "canceled", "unknown"].map {
        ("status=\($0)", at("status", $0))
      }
      + ["phone", "web", "api", "email", "slack", "sms", "other", "unknown"].map {
        ("channel=\($0)", at("channel", $0))
      }
      + ["voice", "video", "text", "desktop", "mobile", "unknown"].map {
        ("modality=\($0)", at("modality", $0))
      }
    for (query, matches) in filters {
      let walk = try Walk([fixture.client], query, limit: 100)
      let expected = SessionSort.newestFirst.sorted(all.filter(matches))
      expectSame(walk.ids, expected.map(\.id), "\(query)")
    }
  }

  @Test func athenasOwnOptionsArePassedOn() throws {
    let fixture = try GatewayFixture(sessions: 150)
    let rows = fixture.simulator.service(.athena).rows()
    #expect(rows.contains { $0.isSubSession } && rows.contains { $0.isTask })
    for (query, matches) in [
      ("", { !$0.isSubSession && !$0.isTask }),
      ("&athena.includeSubSessions=true", { !$0.isTask }),
      ("&athena.includeTaskSessions=true", { !$0.isSubSession }),
      ("&athena.includeSubSessions=true&athena.includeTaskSessions=true", { _ in true }),
    ] as [(String, (SimulatedRow) -> Bool)] {
      let walk = try Walk([fixture.client], "source=athena\(query)", limit: 500)
      #expect(Set(walk.ids) == Set(rows.filter(matches).map { "athena:\($0.id)" }), "\(query)")
    }
  }

  @Test func anamsAPIKeyFilterIsPassedOn() throws {
    let fixture = try GatewayFixture(sessions: 100)
    let all = try fixture.expected()
    let key = try #require(
      all.first { $0.source == "anam" }?.text("attributes", "apiKeyId"))
    let walk = try Walk([fixture.client], "anam.apiKeyId=\(key)", limit: 500)
    let expected = all.filter {
      $0.source != "anam" || $0.text("attributes", "apiKeyId") == key
    }
    expectSame(walk.ids, SessionSort.newestFirst.sorted(expected).map(\.id))
  }
}

extension Session {
  /// `q`'s rule for ASCII words.
  func matches(_ word: String) -> Bool {
    (text("title")?.lowercased().contains(word.lowercased()) ?? false)
      || nativeID.lowercased().contains(word.lowercased())
  }
}
