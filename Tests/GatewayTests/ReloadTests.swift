import Foundation
import Gateway
import Simulator
import Support
import Testing
import Transport

/// A new configuration while requests are under way and connections are open.
@Suite struct ReloadTests {
  @Test func sourcesAreAddedRemovedAndChanged() throws {
    let fixture = try GatewayFixture(sessions: 20) { _ in
    } configure: { configuration in
      configuration.sources.removeAll { $0.name == "athena" }
    }
    #expect(try fixture.client.page("limit=5").sourceNames == ["alcamine", "anam"])
    var configuration = fixture.gateway.state.configuration
    configuration.sources.removeAll { $0.name == "alcamine" }
    configuration.sources.append(try GatewayFixture.source(.athena, of: fixture.simulator))
    try fixture.adopt(configuration)
    #expect(try fixture.client.page("limit=5").sourceNames == ["anam", "athena"])
    try fixture.client.get("/v1/sessions/alcamine:x").expectProblem(404, "not-found")
    let samples = try Samples(fixture.client)
    #expect(samples["sessions_gateway_source_pages_total", "source=\"alcamine\""] == nil)
    #expect(samples["sessions_gateway_source_pages_total", "source=\"anam\""] == 2)
    #expect(samples["sessions_gateway_upstream_connections", "source=\"athena\""] == 1)
  }

  /// What a loop keeps of a query string is held against the sources that there are.
  @Test func whatWasReadBeforeIsReadAnew() throws {
    let fixture = try GatewayFixture(sessions: 5)
    #expect(try fixture.client.page("source=alcamine").sourceNames == ["alcamine"])
    var configuration = fixture.gateway.state.configuration
    configuration.sources.removeAll { $0.name == "alcamine" }
    try fixture.adopt(configuration)
    try fixture.client.get("/v1/sessions?source=alcamine")
      .expectProblem(400, "invalid-parameter", parameter: "source")
  }

  @Test func aConnectionOutlivesTheReload() throws {
    let fixture = try GatewayFixture(sessions: 20)
    let connection = try RawClient(port: fixture.client.port)
    for _ in 0..<3 {
      try connection.send("GET /v1/sessions?limit=2 HTTP/1.1\r\nHost: localhost\r\n\r\n")
      #expect(try connection.answer()?.status == 200)
      try fixture.adopt(fixture.gateway.state.configuration)
    }
  }

  @Test func aRequestUnderWayKeepsTheSourceItBeganWith() throws {
    let fixture = try GatewayFixture(sessions: 20) { simulated in
      try? simulated.addLatency("300ms")
    }
    let connection = try RawClient(port: fixture.client.port)
    try connection.send("GET /v1/sessions?limit=2 HTTP/1.1\r\nHost: localhost\r\n\r\n")
    try GatewayFixture.wait(until: { fixture.requestCount == 3 })
    var configuration = fixture.gateway.state.configuration
    configuration.sources.removeAll { $0.name != "anam" }
    try fixture.adopt(configuration)
    let answer = try #require(try connection.answer())
    #expect(answer.status == 200)
    let page = Page(try GatewayAnswer(answer).object())
    #expect(page.sourceNames == ["alcamine", "anam", "athena"])
    #expect(page.isPartial == false)
    #expect(try fixture.client.page("limit=2").sourceNames == ["anam"])
  }

  @Test func whatIsRemovedClosesItsConnections() throws {
    let upstream = try ScriptedSource("anam", [("a", #"{"id":"a"}"#)])
    let fixture = try GatewayFixture(sessions: 5) { _ in
    } configure: { configuration in
      configuration.sources.append(
        try GatewayFixture.source("anam", at: upstream.baseURL, key: "key", name: "leaving"))
    }
    #expect(try fixture.client.page("limit=5").sourceNames.contains("leaving"))
    #expect(upstream.openConnections == 1)
    var configuration = fixture.gateway.state.configuration
    configuration.sources.removeLast()
    try fixture.adopt(configuration)
    try GatewayFixture.wait(until: { upstream.openConnections == 0 })
  }

  @Test func aRenewedCertificateIsShownToNewConnections() throws {
    let authority = CertificateAuthority.shared
    let folder = try Folder()
    func put(_ name: String) throws {
      for (file, from) in [("chain", authority.certificate(name)), ("key", authority.key(name))] {
        try folder.write(file, try String(contentsOfFile: from, encoding: .utf8))
      }
    }
    try put("wrongHost")
    let fixture = try GatewayFixture(sessions: 5)
    var configuration = fixture.gateway.state.configuration
    configuration.listen.tls = .init(
      certificateFile: folder.path("chain"), keyFile: folder.path("key"))
    try fixture.gateway.adopt(configuration)
    let curl = [
      "curl", "--silent", "--show-error", "--cacert", authority.caFile,
      "https://localhost:\(fixture.client.port)/healthz",
    ]
    // Curl's status for a certificate that does not verify.
    try GatewayFixture.wait(until: { try Command(curl).status == 60 })
    try put("good")
    try fixture.gateway.adopt(configuration)
    try GatewayFixture.wait(until: { try Command(curl).status == 0 })
    // A file that holds no certificate changes nothing.
    try folder.write("chain", "no certificate")
    #expect(throws: TransportError.self) { try fixture.gateway.adopt(configuration) }
    #expect(try Command(curl).status == 0)
  }

  @Test func aSourceThatStaysKeepsItsCircuitAndItsConnections() throws {
    let fixture = try GatewayFixture(sessions: 5) { _ in
    } configure: {
      $0.cache.ttl = .zero
    }
    fixture.setFault(.garbage, at: [.anam])
    for _ in 0..<5 { _ = try fixture.client.page("limit=5") }
    fixture.setFault(nil)
    let made = "sessions_gateway_upstream_connections_opened_total"
    let before = try Samples(fixture.client)[made, "source=\"athena\""]
    var configuration = fixture.gateway.state.configuration
    configuration.sources[0].retries = 0
    try fixture.adopt(configuration)
    let page = try fixture.client.page("limit=5")
    #expect(page.errorCode("anam") == "circuitOpen")
    let samples = try Samples(fixture.client)
    #expect(samples[made, "source=\"athena\""] == before)
    // Its settings changed, so that it began anew.
    #expect(samples[made, "source=\"alcamine\""] == 1)
  }

  @Test func whatOneAccountListedIsNotServedAsAnothers() throws {
    let fixture = try GatewayFixture(sessions: 20) { _ in
    } configure: {
      $0.cache.ttl = .seconds(60)
    }
    let other = try GatewayFixture(sessions: 20) {
      $0.dataset.seed = 8
    }
    let before = try fixture.client.page("limit=5&source=anam").ids
    var configuration = fixture.gateway.state.configuration
    configuration.sources = try SimulatedProvider.allCases.map {
      try GatewayFixture.source($0, of: other.simulator)
    }
    try fixture.adopt(configuration)
    let after = try fixture.client.page("limit=5&source=anam").ids
    #expect(Set(before).isDisjoint(with: after))
    #expect(after == (try other.client.page("limit=5&source=anam").ids))
  }

  @Test func tokensLimitsAndOriginsTakeEffect() throws {
    let fixture = try GatewayFixture(sessions: 5)
    #expect(try fixture.client.get("/v1/sources").status == 200)
    var configuration = fixture.gateway.state.configuration
    configuration.auth.isDisabled = false
    configuration.auth.tokens = [MetricsTests.token]
    configuration.limits.headBytes = 1_024
    configuration.corsOrigins = [ServiceEndpointTests.origin]
    try fixture.adopt(configuration)
    try fixture.client.get("/v1/sources").expectProblem(401, "unauthorized")
    let answer = try fixture.client.get(
      "/v1/sources",
      MetricsTests.authorization.merging(["Origin": ServiceEndpointTests.origin]) { $1 })
    #expect(answer.status == 200)
    #expect(answer["Access-Control-Allow-Origin"] == ServiceEndpointTests.origin)
    let long = try fixture.client.get("/healthz", ["X-Long": String(repeating: "x", count: 2_000)])
    try long.expectProblem(431, "too-large")
  }

  @Test func aCallersRateHoldsAcrossReloads() throws {
    let fixture = try GatewayFixture(sessions: 5) { _ in
    } configure: {
      $0.auth.isDisabled = false
      $0.auth.tokens = [MetricsTests.token]
      $0.auth.tokens[0].requestsPerSecond = 1
    }
    var statuses: [Int] = []
    for _ in 0..<4 {
      statuses.append(try fixture.client.get("/v1/sources", MetricsTests.authorization).status)
      try fixture.adopt(fixture.gateway.state.configuration)
    }
    #expect(statuses.first == 200 && statuses.contains(429), "\(statuses)")
  }

  @Test func aCertificateThatCannotBeUsedChangesNothing() throws {
    let fixture = try GatewayFixture(sessions: 5)
    var configuration = fixture.gateway.state.configuration
    configuration.sources[0] = try GatewayFixture.source(
      "alcamine", at: "https://127.0.0.1:1", key: "key")
    configuration.sources[0].tls.caFile = "/nowhere/ca.pem"
    #expect(throws: TransportError.self) { try fixture.adopt(configuration) }
    #expect(try fixture.client.page("limit=5").state("alcamine") != "failed")
  }

  // MARK: What a running process cannot change

  private func settled(
    _ change: (inout GatewayConfiguration) -> Void
  ) -> (GatewayConfiguration, [String]) {
    var before = GatewayConfiguration()
    before.listen.host = "0.0.0.0"
    before.cursor.isRandom = true
    before.cursor.secrets = [[1, 2, 3]]
    var after = before
    change(&after)
    let restart = Reload.settle(&after, servedBy: before)
    return (after, restart)
  }

  @Test func whereItListensStaysAndIsSaid() {
    let (after, restart) = settled {
      $0.listen.host = "127.0.0.1"
      $0.listen.port = 9_999
      $0.listen.takeOver = true
    }
    #expect(restart == ["listen.host", "listen.port", "listen.takeOver"])
    #expect(after.listen.host == "0.0.0.0" && after.listen.port == 8_080)
  }

  /// The file may say loopback without tokens, which would be fine for a process that listens there.
  @Test func theLastTokenIsNotTakenFromAnAddressThatOthersReach() {
    let (after, _) = settled {
      $0.listen.host = "127.0.0.1"
      $0.auth.tokens = []
    }
    #expect(!after.admitsCallers)
  }

  @Test func aRandomCursorSecretOutlivesTheReload() {
    let (after, _) = settled { $0.cursor.secrets = [[4, 5, 6]] }
    #expect(after.cursor.secrets == [[1, 2, 3]])
    let (configured, _) = settled {
      $0.cursor.isRandom = false
      $0.cursor.secrets = [[4, 5, 6]]
    }
    #expect(configured.cursor.secrets == [[4, 5, 6]])
  }
}
