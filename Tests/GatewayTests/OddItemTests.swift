import Foundation
import Support
import Testing

/// Upstream objects that the simulation never makes: other spellings, wrong types, odd ids.
@Suite struct OddItemTests {
  private static func gateway(_ sources: [ScriptedSource]) throws -> RunningGateway {
    RunningGateway(
      try GatewayFixture.start { configuration in
        configuration.sources = try sources.map {
          try GatewayFixture.source($0.provider, at: $0.baseURL, key: "scripted-key")
        }
      })
  }

  /// The only session that `provider` makes of `json`.
  private func session(
    _ provider: String, _ json: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Session {
    let source = try ScriptedSource(provider, [("x", json)])
    let gateway = try OddItemTests.gateway([source])
    let page = try gateway.client.page("", sourceLocation: sourceLocation)
    return try #require(page.sessions.first, sourceLocation: sourceLocation)
  }

  @Test(arguments: [
    ("2026-04-20T09:00:00.123999Z", "2026-04-20T09:00:00.123Z"),
    ("2026-04-20T09:00:00Z", "2026-04-20T09:00:00.000Z"),
    ("2026-04-20T09:00:00.7Z", "2026-04-20T09:00:00.700Z"),
    ("2026-04-20T09:00:00.760+02:00", "2026-04-20T07:00:00.760Z"),
    ("2026-04-20T00:30:00-01:30", "2026-04-20T02:00:00.000Z"),
    ("2026-04-20", "2026-04-20T00:00:00.000Z"),
  ])
  func timesAreUTCWithMilliseconds(written: String, shown: String) throws {
    let item = try session("anam", #"{"id":"x","createdAt":"\#(written)"}"#)
    #expect(item.text("createdAt") == shown)
  }

  @Test func anAbsentFieldIsNull() throws {
    for (provider, created) in [
      ("alcamine", "createdAt"), ("anam", "createdAt"), ("athena", "created_at"),
    ] {
      let json = #"{"id":"x","\#(created)":"2026-04-20T09:00:00.000Z"}"#
      let item = try session(provider, json)
      let object = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
      let mapping = ContractMapping(source: provider, provider: provider)
      #expect(item.canonical == Session(mapping.session(object ?? [:])).canonical)
    }
  }

  @Test func aWrongTypeInAnOptionalFieldIsNull() throws {
    let alcamine = try session(
      "alcamine",
      """
      {"id":"x","createdAt":"2026-04-20T09:00:00.000Z","updatedAt":17,"name":{"a":1},"type":5,
      "status":false,"startedAt":"soon","endedAt":[],"agentId":9,"agent":"none","person":[1],
      "workspaceId":{},"conversationId":true,"ledger":"x"}
      """)
    for name in ["updatedAt", "title", "startedAt", "endedAt", "durationMs", "workspaceId"] {
      #expect(alcamine.fields[name] is NSNull, "\(name)")
    }
    #expect(alcamine.text("status") == "unknown")
    #expect(alcamine.text("agent", "id") == nil)
    #expect(alcamine.text("participant", "email") == nil)
    let athena = try session(
      "athena",
      """
      {"id":"x","created_at":"2026-04-20T09:00:00.000Z","num_messages":"many",
      "total_cost_usd":"free","title":7,"failure_reason_v2":{},"parent_session_id":3}
      """)
    for name in ["messageCount", "costUsd", "title", "error", "parentId"] {
      #expect(athena.fields[name] is NSNull, "\(name)")
    }
  }

  @Test(arguments: [
    (#""run_status_v2":"dreaming","session_status_v2":"idle""#, "unknown", "dreaming"),
    (#""run_status_v2":null,"session_status_v2":"idle","state":"running""#, "completed", "idle"),
    (#""session_status_v2":"error""#, "failed", "error"),
    (#""session_status_v2":"needs_input""#, "active", "needs_input"),
    (#""state":"cancelled""#, "canceled", "cancelled"),
    (#""state":"queued""#, "pending", "queued"),
    (#""state":"sleeping""#, "unknown", "sleeping"),
  ])
  func athenasStatusIsDecidedByTheFirstThatIsThere(
    members: String, status: String, native: String
  ) throws {
    let item = try session(
      "athena", #"{"id":"x","created_at":"2026-04-20T09:00:00.000Z",\#(members)}"#)
    #expect(item.text("status") == status)
    #expect(item.text("nativeStatus") == native)
  }

  @Test(arguments: [
    (#""exitStatus":"NORMAL_EXIT""#, "completed"), (#""exitStatus":"soft_fail""#, "failed"),
    (#""exitStatus":"InternalError""#, "failed"), (#""exitStatus":null"#, "active"),
    (#""endTime":"2026-04-20T09:10:00Z""#, "completed"),
    (#""endTime":"2026-04-20T09:10:00Z","exitStatus":"ERROR""#, "failed"),
  ])
  func anamsStatusIsReadFromItsEnd(members: String, status: String) throws {
    let item = try session(
      "anam", #"{"id":"x","createdAt":"2026-04-20T09:00:00.000Z",\#(members)}"#)
    #expect(item.text("status") == status)
    #expect((item.text("error") != nil) == (status == "failed"))
  }

  @Test func anamsLengthWinsOverItsTimes() throws {
    let times = #""startTime":"2026-04-20T09:00:00Z","endTime":"2026-04-20T09:00:02.5Z""#
    let created = #""id":"x","createdAt":"2026-04-20T09:00:00.000Z""#
    let without = try session("anam", "{\(created),\(times)}")
    #expect(without.fields["durationMs"] as? Int == 2_500)
    let with = try session("anam", "{\(created),\(times),\"sessionLengthMs\":2400}")
    #expect(with.fields["durationMs"] as? Int == 2_400)
  }

  @Test func anUnlistedChannelIsOtherAndAnAbsentOneUnknown() throws {
    let created = #""id":"x","created_at":"2026-04-20T09:00:00.000Z""#
    let odd = try session("athena", #"{\#(created),"source_channel":"fax"}"#)
    #expect(odd.text("channel") == "other")
    let none = try session("athena", "{\(created)}")
    #expect(none.text("channel") == "unknown")
    #expect(none.text("modality") == "unknown")
  }

  @Test func anItemWithoutUsableIDOrTimeIsCountedAndLeftOut() throws {
    let time = #""createdAt":"2026-04-20T09:00:00.000Z""#
    let items = [
      "{\"id\":\"good\",\(time)}", "{\(time)}", "{\"id\":\"\",\(time)}", "{\"id\":7,\(time)}",
      "{\"id\":null,\(time)}", "{\"id\":\"a\"}", "{\"id\":\"b\",\"createdAt\":\"soon\"}", "null",
      "[]", "\"text\"",
    ]
    for provider in ["alcamine", "anam"] {
      let source = try ScriptedSource(provider, items.map { ("", $0) })
      let gateway = try OddItemTests.gateway([source])
      let page = try gateway.client.page("")
      #expect(page.ids == ["\(provider):good"])
      #expect(page.count("rejected", provider) == 9)
      #expect(page.isPartial == false)
      #expect(page.hasMore == false)
    }
  }

  // MARK: Odd ids

  static let oddIDs = [
    "a/b", "a%2Fb", "%", "100%", "a b", "a?b=c", "a#b", "a:b", "ü", "日本", "a\"b", "a\\b", "a+b",
    "a&b=c", "~", "a;b", "...", "-", "é\u{301}", "a/../b", "😀",
  ]

  @Test(arguments: oddIDs)
  func theIDStaysOnePathSegment(id: String) throws {
    for provider in ["alcamine", "anam", "athena"] {
      let created = provider == "athena" ? "created_at" : "createdAt"
      let source = try ScriptedSource(
        provider,
        [(id, "{\"id\":\(canonicalJSON(id)),\"\(created)\":\"2026-04-20T09:00:00.000Z\"}")])
      let gateway = try OddItemTests.gateway([source])
      let listed = try gateway.client.page("")
      #expect(listed.ids == ["\(provider):\(id)"])
      let answer = try gateway.client.get("/v1/sessions/\(provider):\(escaped(id))")
      try #require(answer.status == 200, "\(answer.body) \(source.paths)")
      #expect(try answer.object()["id"] as? String == "\(provider):\(id)")
      #expect(try answer.object()["nativeId"] as? String == id)
      let path = try #require(source.paths.last)
      #expect(
        path.split(separator: "/").count == ["alcamine": 2, "anam": 3, "athena": 4][provider])
    }
  }

  /// `.` and `..` cannot be written as a segment that every server leaves alone.
  @Test(arguments: [".", "..", "%2E%2E", "%2e"])
  func aDotSegmentNeverClimbs(id: String) throws {
    // Nothing of ours judges the request before its line is looked at.
    let upstream = ScriptedServer([.request, .send(response("404 Not Found", "{}"))])
    let gateway = RunningGateway(
      try GatewayFixture.start { configuration in
        configuration.sources = [
          try GatewayFixture.source(
            "anam", at: "http://127.0.0.1:\(upstream.port)", key: "scripted-key")
        ]
      })
    let answer = try gateway.client.get("/v1/sessions/anam:\(id)")
    try answer.expectProblem(404, "not-found")
    for request in upstream.requests {
      let line = request.prefix { $0 != "\r\n" }
      let path = line.split(separator: " ")[1].lowercased()
      let plain = path.replacingOccurrences(of: "%2e", with: ".")
      #expect(plain.hasPrefix("/v1/sessions/"), "\(line)")
      #expect(!plain.hasSuffix("/.") && !plain.hasSuffix("/.."), "\(line)")
    }
  }

  @Test func textOfAnyKindComesThrough() throws {
    let title = "tab\t quote\" backslash\\ line\n nul\u{1} ü 日本 😀 </script> \u{2028}"
    let item = try session(
      "anam",
      """
      {"id":"x","createdAt":"2026-04-20T09:00:00.000Z","clientLabel":\(canonicalJSON(title))}
      """)
    #expect(item.text("title") == title)
  }
}
