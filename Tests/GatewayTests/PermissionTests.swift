import Foundation
import Gateway
import Simulator
import Testing

@Suite struct PermissionTests {
  static let plain = ["Authorization": "Bearer plain-token-0001"]
  static let contact = ["Authorization": "Bearer contact-token-0002"]
  static let raw = ["Authorization": "Bearer raw-token-0003"]
  static let tokens = [
    CallerToken(name: "plain", sha256: CallerToken.digest("plain-token-0001".utf8)),
    CallerToken(
      name: "contact", sha256: CallerToken.digest("contact-token-0002".utf8),
      permissions: .contact),
    CallerToken(
      name: "raw", sha256: CallerToken.digest("raw-token-0003".utf8), permissions: .raw),
  ]

  private func fixture(sessions: Int = 60) throws -> GatewayFixture {
    try GatewayFixture(sessions: sessions) { _ in
    } configure: { configuration in
      configuration.auth.isDisabled = false
      configuration.auth.tokens = Self.tokens
      configuration.cache.ttl = .seconds(60)
    }
  }

  @Test(arguments: [
    nil, "Bearer", "Bearer ", "Bearer wrong", "Basic cGxhaW4tdG9rZW4tMDAwMQ==",
    "plain-token-0001", "Bearer plain-token-0001x", "Bearer plain-token-000",
    "Bearer plain-token-0001 x", "Bearer PLAIN-TOKEN-0001",
  ])
  func withoutAValidTokenNothingIsShown(value: String?) throws {
    let fixture = try fixture(sessions: 5)
    let headers = value.map { ["Authorization": $0] } ?? [:]
    for target in ["/v1/sessions", "/v1/sessions/anam:x", "/v1/sources"] {
      let answer = try fixture.client.get(target, headers)
      try answer.expectProblem(401, "unauthorized")
      #expect(answer["WWW-Authenticate"]?.hasPrefix("Bearer") == true)
    }
    #expect(fixture.requestCount == 0)
    for target in ["/healthz", "/readyz"] {
      #expect(try fixture.client.get(target, headers).status == 200)
    }
  }

  @Test(arguments: ["bearer plain-token-0001", "BEARER plain-token-0001"])
  func theSchemeIsWrittenInAnyCase(value: String) throws {
    let fixture = try fixture(sessions: 5)
    #expect(try fixture.client.get("/v1/sessions", ["Authorization": value]).status == 200)
  }

  @Test func whatIsNotThereIsToldToCallersOnly() throws {
    let fixture = try fixture(sessions: 1)
    try fixture.client.get("/v1/nothing", PermissionTests.plain).expectProblem(404, "not-found")
    try fixture.client.get("/v1/nothing").expectProblem(401, "unauthorized")
  }

  @Test func theTokenIsNoParameter() throws {
    let fixture = try fixture(sessions: 5)
    let answer = try fixture.client.get("/v1/sessions?access_token=plain-token-0001")
    #expect(answer.status == 401)
  }

  private func shown(_ session: Session) -> [Any?] {
    [
      session.text("participant", "email"), session.text("participant", "phone"),
      session.text("attributes", "lastMessagePreview"),
    ]
  }

  @Test func contactIsShownToWhomItMayBe() throws {
    let fixture = try fixture()
    let all = SessionSort.newestFirst.sorted(try fixture.expected())
    // The one with most permissions first, so that a page kept for it could leak.
    for headers in [PermissionTests.raw, PermissionTests.contact] {
      let page = try fixture.client.page("limit=500", headers)
      for (session, expected) in zip(page.sessions, all) {
        try #require(session.canonical == expected.canonical)
      }
      #expect(page.sessions.contains { $0.text("participant", "email") != nil })
      #expect(page.sessions.contains { $0.text("participant", "phone") != nil })
      #expect(page.sessions.contains { $0.text("attributes", "lastMessagePreview") != nil })
    }
    let before = fixture.requestCount
    for format in ["json", "ndjson", "csv"] {
      let answer = try fixture.client.get(
        "/v1/sessions?limit=500&format=\(format)", PermissionTests.plain)
      #expect(answer.status == 200)
      expectNoContact(in: answer, of: all)
    }
    // All of it came from what was kept for the others.
    #expect(fixture.requestCount == before)
    let page = try fixture.client.page("limit=500", PermissionTests.plain)
    expectSame(page.ids, all.map(\.id))
    for session in page.sessions {
      #expect(shown(session).allSatisfy { $0 == nil })
      let participant = session.fields["participant"] as? [String: Any]
      #expect(participant?.keys.count == 3)
    }
  }

  private func expectNoContact(in answer: GatewayAnswer, of sessions: [Session]) {
    for session in sessions {
      for secret in shown(session).compactMap({ $0 as? String }) {
        // The beginning is enough to give it away, however the rest is escaped.
        #expect(!answer.body.contains(secret.prefix(18)), "\(secret)")
      }
    }
  }

  @Test func rawNeedsItsPermission() throws {
    let fixture = try fixture(sessions: 10)
    let id = fixture.ids(.alcamine)[0]
    for target in ["/v1/sessions?include=raw", "/v1/sessions/alcamine:\(id)?include=raw"] {
      for headers in [PermissionTests.plain, PermissionTests.contact] {
        let before = fixture.requestCount
        try fixture.client.get(target, headers).expectProblem(403, "forbidden")
        #expect(fixture.requestCount == before)
      }
      let answer = try fixture.client.get(target, PermissionTests.raw)
      #expect(answer.status == 200)
      #expect(answer.body.contains("\"raw\":{"))
    }
  }

  @Test func oneSessionHidesContactToo() throws {
    let fixture = try fixture()
    let session = try #require(
      try fixture.expected([.alcamine]).first {
        $0.text("participant", "email") != nil && $0.text("participant", "phone") != nil
      })
    let path = "/v1/sessions/\(session.id)"
    let full = Session(try fixture.client.get(path, PermissionTests.contact).object())
    #expect(full.canonical == session.canonical)
    let answer = try fixture.client.get(path, PermissionTests.plain)
    expectNoContact(in: answer, of: [session])
  }

  @Test func aTagOfOnePermissionIsNoneOfAnother() throws {
    let fixture = try fixture()
    let path = "/v1/sessions?limit=50"
    let tag = try #require(try fixture.client.get(path, PermissionTests.contact)["ETag"])
    let answer = try fixture.client.get(
      path, PermissionTests.plain.merging(["If-None-Match": tag]) { $1 })
    #expect(answer.status == 200)
  }

  /// A cursor says where a traversal is, not what its owner may see.
  @Test func aCursorCarriesNoPermission() throws {
    let fixture = try fixture()
    let cursor = try #require(
      try fixture.client.page("limit=10&include=raw", PermissionTests.raw).cursor)
    let page = try fixture.client.page("limit=100&cursor=\(cursor)", PermissionTests.plain)
    #expect(!page.sessions.isEmpty)
    #expect(page.sessions.allSatisfy { shown($0).allSatisfy { $0 == nil } })
    try fixture.client.get("/v1/sessions?include=raw&cursor=\(cursor)", PermissionTests.plain)
      .expectProblem(403, "forbidden")
  }

  // MARK: Nothing leaks

  @Test func noSecretAppearsInAnyAnswer() throws {
    let fixture = try fixture(sessions: 20)
    let keys = SimulatedProvider.allCases.map { fixture.simulator.apiKey($0) }
    let tokens = ["plain-token", "contact-token", "raw-token", "a secret of thirty-two bytes"]
    func check(_ what: String) throws {
      for headers in [PermissionTests.raw, PermissionTests.plain, [:]] {
        for target in [
          "/v1/sessions?limit=5", "/v1/sessions?include=raw", "/v1/sessions?partial=deny",
          "/v1/sessions?limit=x", "/v1/sessions?cursor=x", "/v1/sources", "/metrics", "/readyz",
          "/v1/sessions/anam:\(fixture.ids(.anam)[0])", "/v1/sessions/anam:x", "/nothing",
        ] {
          let answer = try fixture.client.get(target, headers)
          let text = answer.head + answer.body
          for secret in keys + tokens where text.contains(secret) {
            Issue.record("\(what) \(target): \(secret)")
          }
        }
      }
    }
    try check("healthy")
    for provider in SimulatedProvider.allCases {
      fixture.simulator.service(provider).setAPIKey("x")
    }
    try check("wrong keys")
  }

  @Test(arguments: [200, 400, 401, 403, 404, 422, 500, 503])
  func noUpstreamBodyAppearsInAnAnswer(status: Int) throws {
    let sources = try ["alcamine", "anam", "athena"].map { try ScriptedSource($0, []) }
    for source in sources {
      source.answerAll(status, #"{"detail":"UPSTREAM-SECRET-TEXT","items":"UPSTREAM-SECRET-TEXT"}"#)
    }
    let gateway = RunningGateway(
      try GatewayFixture.start { configuration in
        configuration.sources = try sources.map {
          try GatewayFixture.source($0.provider, at: $0.baseURL, key: "scripted-key")
        }
      })
    for target in [
      "/v1/sessions", "/v1/sessions?source=anam", "/v1/sessions/anam:x", "/v1/sessions/athena:x",
      "/v1/sources",
    ] {
      let answer = try gateway.client.get(target)
      #expect(!(answer.head + answer.body).contains("UPSTREAM-SECRET"), "\(target)")
      #expect(target == "/v1/sources" || answer.status >= 400, "\(target) \(answer.body)")
    }
  }
}
