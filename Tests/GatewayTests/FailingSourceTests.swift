import Foundation
import Simulator
import Testing

@Suite struct FailingSourceTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var kind: FaultRule.Kind
    var code: String
    /// Of the answer when no source is left.
    var status: Int
    var problem: String
    var testDescription: String { "\(kind)" }
  }

  static let cases = [
    Case(kind: .status(500, nil), code: "upstreamStatus", status: 502, problem: "upstream-failed"),
    Case(kind: .status(503, nil), code: "upstreamStatus", status: 502, problem: "upstream-failed"),
    Case(kind: .status(404, nil), code: "upstreamStatus", status: 502, problem: "upstream-failed"),
    Case(kind: .status(401, nil), code: "unauthorized", status: 502, problem: "upstream-failed"),
    Case(kind: .status(403, nil), code: "forbidden", status: 502, problem: "upstream-failed"),
    Case(
      kind: .status(429, .seconds(3_600)), code: "rateLimited", status: 503,
      problem: "upstream-limited"),
    Case(
      kind: .status(429, .date(3_600)), code: "rateLimited", status: 503,
      problem: "upstream-limited"),
    Case(kind: .hang, code: "timeout", status: 504, problem: "upstream-timeout"),
    Case(kind: .garbage, code: "badPayload", status: 502, problem: "upstream-failed"),
    Case(kind: .truncated, code: "badPayload", status: 502, problem: "upstream-failed"),
    Case(kind: .wrongType, code: "badPayload", status: 502, problem: "upstream-failed"),
  ]

  /// Calls that hang are given up soon; the others have time enough for a second try.
  private func fixture(_ kind: FaultRule.Kind, sessions: Int = 40) throws -> GatewayFixture {
    try GatewayFixture(sessions: sessions) { _ in
    } configure: { configuration in
      for index in configuration.sources.indices {
        configuration.sources[index].timeout = kind == .hang ? .milliseconds(300) : .seconds(5)
      }
    }
  }

  @Test(arguments: cases)
  func aFailingSourceIsReportedAndTheOthersAnswer(fault: Case) throws {
    let fixture = try fixture(fault.kind)
    fixture.setFault(fault.kind, at: [.anam])
    let answer = try fixture.client.get("/v1/sessions?limit=20")
    try #require(answer.status == 200, "\(answer.body.prefix(300))")
    let page = Page(try answer.object())
    #expect(page.isPartial == true)
    #expect(page.hasMore == true)
    #expect(page.state("anam") == "failed")
    #expect(page.errorCode("anam") == fault.code, "\(page.source("anam"))")
    #expect((page.error("anam")?["message"] as? String)?.isEmpty == false)
    #expect(page.error("anam")?.keys.contains("retryAfterMs") == true)
    #expect(page.count("returned", "anam") == 0)
    #expect(page.state("alcamine") == "ok" && page.state("athena") == "ok")
    let others = SessionSort.newestFirst.sorted(try fixture.expected([.alcamine, .athena]))
    expectSame(page.ids, others.prefix(20).map(\.id))
    if fault.code == "rateLimited" {
      let wait = page.error("anam")?["retryAfterMs"] as? Int ?? 0
      #expect((3_500_000...3_601_000).contains(wait), "\(wait)")
      #expect(fixture.requests["anam"] == 1)
    }
    if case .status(let status, nil) = fault.kind {
      #expect(fixture.requests["anam"] == (status >= 500 ? 2 : 1))
      #expect(page.count("upstreamRequests", "anam") == fixture.requests["anam"])
    }
  }

  @Test(arguments: cases)
  func withoutPartialAnswersItIsAProblem(fault: Case) throws {
    let fixture = try fixture(fault.kind)
    fixture.setFault(fault.kind, at: [.anam])
    let answer = try fixture.client.get("/v1/sessions?limit=20&partial=deny")
    try answer.expectProblem(fault.status, fault.problem)
  }

  @Test(arguments: cases)
  func whenEverySourceFailsItIsAProblem(fault: Case) throws {
    let fixture = try fixture(fault.kind)
    fixture.setFault(fault.kind)
    let answer = try fixture.client.get("/v1/sessions?limit=20")
    try answer.expectProblem(fault.status, fault.problem)
    if fault.status == 503 {
      #expect((3_500...3_601).contains(Int(answer["Retry-After"] ?? "") ?? 0))
    }
  }

  @Test(arguments: cases)
  func oneSessionOfAFailingSourceIsAProblem(fault: Case) throws {
    let fixture = try fixture(fault.kind)
    let id = fixture.ids(.athena)[3]
    #expect(try fixture.client.get("/v1/sessions/athena:\(id)").status == 200)
    fixture.setFault(fault.kind, at: [.athena])
    let answer = try fixture.client.get("/v1/sessions/athena:\(id)")
    // Only here a 404 is an answer, not a failure.
    if fault.kind == .status(404, nil) {
      try answer.expectProblem(404, "not-found")
    } else {
      try answer.expectProblem(fault.status, fault.problem)
    }
  }

  @Test func differentFailuresTogetherAreABadGateway() throws {
    let fixture = try fixture(.hang)
    fixture.setFault(.hang, at: [.alcamine, .anam])
    fixture.setFault(.status(500, nil), at: [.athena])
    try fixture.client.get("/v1/sessions").expectProblem(502, "upstream-failed")
  }

  @Test func aClosedPortIsAFailureToConnect() throws {
    let closed = try ScriptedSource("anam", []).baseURL
    let fixture = try GatewayFixture(sessions: 20) { _ in
    } configure: { configuration in
      let index = try #require(configuration.sources.firstIndex { $0.name == "anam" })
      configuration.sources[index] = try GatewayFixture.source("anam", at: closed, key: "key")
    }
    let page = try fixture.client.page("limit=10")
    #expect(page.errorCode("anam") == "connect")
    #expect(page.isPartial == true && page.sessions.count == 10)
    try fixture.client.get("/v1/sessions/anam:x").expectProblem(502, "upstream-failed")
    try fixture.client.get("/v1/sessions?source=anam").expectProblem(502, "upstream-failed")
  }

  @Test func aWrongKeyIsUnauthorized() throws {
    let fixture = try GatewayFixture(sessions: 20)
    fixture.simulator.service(.athena).setAPIKey("another")
    let page = try fixture.client.page("limit=10")
    #expect(page.errorCode("athena") == "unauthorized")
    #expect(page.isPartial == true)
  }

  @Test func oneFailureIsTriedAgainUnseen() throws {
    let fixture = try GatewayFixture(sessions: 20)
    fixture.simulator.service(.anam).setFaults(
      SimulatorFaults(rules: [FaultRule(.status(503, nil), .requests(1...1))]))
    let page = try fixture.client.page("limit=10")
    #expect(page.isPartial == false)
    #expect(page.state("anam") == "ok")
    #expect(page.count("upstreamRequests", "anam") == 2)
  }

  @Test func aShortRetryAfterIsWaitedForOnce() throws {
    let fixture = try GatewayFixture(sessions: 20)
    fixture.simulator.service(.anam).setFaults(
      SimulatorFaults(rules: [FaultRule(.status(429, .seconds(1)), .requests(1...1))]))
    let start = ContinuousClock.now
    let page = try fixture.client.page("limit=10")
    #expect(ContinuousClock.now - start >= .milliseconds(950))
    #expect(page.isPartial == false)
    #expect(page.count("upstreamRequests", "anam") == 2)
    #expect(fixture.requests["anam"] == 2)
  }

  @Test func redirectionsAreNotFollowed() throws {
    let source = try ScriptedSource("anam", [])
    source.answerAll(302, "")
    let gateway = RunningGateway(
      try GatewayFixture.start { configuration in
        configuration.sources = [
          try GatewayFixture.source("anam", at: source.baseURL, key: "scripted-key")
        ]
      })
    try gateway.client.get("/v1/sessions").expectProblem(502, "upstream-failed")
    #expect(source.paths == ["/v1/sessions"])
  }

  @Test func malformedItemsAreCountedAndNeverFailThePage() throws {
    let fixture = try GatewayFixture(sessions: 80)
    for provider in SimulatedProvider.allCases {
      fixture.simulator.service(provider).setFaults(SimulatorFaults(malformedRate: 0.1))
    }
    let all = Set(try fixture.expected().map(\.id))
    let walk = try Walk([fixture.client], limit: 500)
    let rejected = walk.pages[0].sourceNames.map { name in
      walk.pages.reduce(0) { $0 + ($1.count("rejected", name) ?? 0) }
    }
    #expect(rejected.allSatisfy { $0 > 0 })
    #expect(walk.sessions.count + rejected.reduce(0, +) == all.count)
    #expect(Set(walk.ids).isSubset(of: all))
    #expect(walk.pages.allSatisfy { $0.isPartial == false })
  }

  // MARK: Late, never lost

  @Test(arguments: SessionSort.allCases)
  func aSourceThatRecoversIsLateAndNeverLost(sort: SessionSort) throws {
    let fixture = try GatewayFixture(sessions: 60) { _ in
    } configure: { configuration in
      // What was read ahead would hide the failure.
      configuration.cache.ttl = .zero
    }
    let all = try fixture.expected()
    let query = "sort=\(sort.rawValue)"
    let walk = try Walk([fixture.client], query, limit: 25) { number, page in
      if number == 2 { fixture.setFault(.status(400, nil), at: [.anam]) }
      if page.state("alcamine") == "exhausted", page.state("athena") == "exhausted" {
        fixture.setFault(nil)
      }
      if number == 12 { fixture.setFault(nil) }
    }
    #expect(walk.doubles == [])
    expectSame(walk.ids.sorted(), all.map(\.id).sorted(), query)
    // Sorting by update reads the source once, and that before it fails.
    #expect(sort.field == "updatedAt" || walk.pages.contains { $0.isPartial == true })
    for name in ["alcamine", "anam", "athena"] {
      let own = walk.sessions.filter { $0.source == name }
      #expect(sort.disorder(in: own) == nil)
    }
  }

  @Test func aSourceThatFailsFromTheStartFollowsLater() throws {
    let fixture = try GatewayFixture(sessions: 30)
    fixture.setFault(.status(400, nil), at: [.alcamine])
    let first = try fixture.client.page("limit=200")
    #expect(first.hasMore == true && first.isPartial == true)
    fixture.setFault(nil)
    let rest = try Walk([fixture.client], limit: 200, from: first.cursor)
    let all = try fixture.expected()
    expectSame((first.ids + rest.ids).sorted(), all.map(\.id).sorted())
    expectSame(
      rest.ids, SessionSort.newestFirst.sorted(all.filter { $0.source == "alcamine" }).map(\.id))
  }

  @Test func theLastSourceLeftFailingIsAnEmptyPartialPage() throws {
    let fixture = try GatewayFixture(sessions: 10)
    fixture.setFault(.status(429, .seconds(1_800)), at: [.anam])
    let first = try fixture.client.page("limit=100")
    #expect(first.state("alcamine") == "exhausted" && first.state("athena") == "exhausted")
    let cursor = try #require(first.cursor)
    let answer = try fixture.client.get("/v1/sessions?limit=100&cursor=\(cursor)")
    try #require(answer.status == 200, "\(answer.body.prefix(300))")
    let page = Page(try answer.object())
    #expect(page.sessions.isEmpty)
    #expect(page.isPartial == true && page.hasMore == true)
    #expect(page.cursor != nil)
    #expect(Int(answer["Retry-After"] ?? "") != nil)
    #expect(page.state("anam") == "failed")
  }

  @Test func aCircuitOpensAfterFiveFailedCallsInARow() throws {
    let fixture = try GatewayFixture(sessions: 10)
    fixture.setFault(.garbage, at: [.anam])
    for _ in 0..<5 {
      #expect(try fixture.client.page("source=anam,athena").errorCode("anam") == "badPayload")
    }
    let before = try #require(fixture.requests["anam"])
    let page = try fixture.client.page("source=anam,athena")
    #expect(page.errorCode("anam") == "circuitOpen")
    #expect((page.error("anam")?["retryAfterMs"] as? Int ?? 0) > 0)
    #expect(page.count("upstreamRequests", "anam") == 0)
    #expect(fixture.requests["anam"] == before)
    try fixture.client.get("/v1/sessions?source=anam").expectProblem(503, "upstream-limited")
    try fixture.client.get("/v1/sessions/anam:x").expectProblem(503, "upstream-limited")
    let sources = try fixture.client.get("/v1/sources").object()["data"] as? [[String: Any]]
    #expect(sources?.first { $0["name"] as? String == "anam" }?["state"] as? String == "open")
  }

  /// A page's time ends with that of its calls: they count all the same.
  @Test func aSourceThatHangsOpensItsCircuitAndCountsItsRequests() throws {
    let fixture = try fixture(.hang, sessions: 10)
    fixture.setFault(.hang, at: [.anam])
    for number in 1...5 {
      let page = try fixture.client.page("source=anam,athena&limit=\(number)")
      #expect(page.errorCode("anam") == "timeout")
      #expect(page.count("upstreamRequests", "anam") == 1)
      let message = page.error("anam")?["message"] as? String
      #expect(message == "no answer within 300 ms: waiting for the answer")
    }
    #expect(try fixture.client.page("source=anam,athena").errorCode("anam") == "circuitOpen")
    #expect(fixture.requests["anam"] == 5)
  }

  /// A client's mistakes say nothing about the upstream's health.
  @Test func refusalsDoNotOpenTheCircuit() throws {
    let fixture = try GatewayFixture(sessions: 10)
    for number in 0..<8 {
      try fixture.client.get("/v1/sessions/anam:nobody\(number)").expectProblem(404, "not-found")
    }
    #expect(try fixture.client.page("source=anam").state("anam") == "exhausted")
  }
}
