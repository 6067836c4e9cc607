import Foundation
import Simulator
import Testing

@Suite struct ServiceEndpointTests {
  @Test func sourcesAreDescribed() throws {
    let fixture = try GatewayFixture(sessions: 10)
    _ = try fixture.client.page("limit=5")
    let answer = try fixture.client.get("/v1/sources")
    let data = try #require(try answer.object()["data"] as? [[String: Any]])
    #expect(data.compactMap { $0["name"] as? String } == ["alcamine", "anam", "athena"])
    for (source, provider) in zip(data, SimulatedProvider.allCases) {
      #expect(source["provider"] as? String == provider.rawValue)
      #expect(source["baseURL"] as? String == fixture.simulator.baseURL(provider))
      #expect(source["state"] as? String == "ok")
      let success = source["lastSuccess"] as? String ?? ""
      #expect(abs(milliseconds(success) - Int(Date().timeIntervalSince1970 * 1_000)) < 60_000)
      #expect(source["lastError"] is NSNull)
      #expect(source["capabilities"] is [String: Any])
      let text = canonicalJSON(source).lowercased()
      #expect(text.contains("p50") && text.contains("p95"), "\(text)")
      #expect(text.contains("remaining"), "\(text)")
    }
    #expect(!answer.body.contains("simulated-"))
  }

  @Test func aSourceIsDescribedFieldByField() throws {
    let fixture = try GatewayFixture(sessions: 10)
    func sources() throws -> [[String: Any]] {
      try #require(try fixture.client.get("/v1/sources").object()["data"] as? [[String: Any]])
    }
    for source in try sources() {
      #expect(
        Set(source.keys) == [
          "name", "provider", "baseURL", "state", "lastSuccess", "lastError", "latencyMs",
          "rateLimitRemaining", "requestsInFlight", "requestsWaiting", "concurrency", "rateLimit",
          "rateLimitPauseMs", "circuit", "requestsTotal", "retriesTotal", "retriesLeft",
          "failuresTotal", "capabilities",
        ])
      for name in [
        "lastSuccess", "lastError", "rateLimitRemaining", "rateLimit", "rateLimitPauseMs",
      ] {
        #expect(source[name] is NSNull, "\(name)")
      }
      #expect(canonicalJSON(source["latencyMs"] ?? "") == #"{"p50":null,"p95":null}"#)
      #expect(
        canonicalJSON(source["circuit"] ?? "") == #"{"failuresInARow":0,"retryAfterMs":null}"#)
    }
    fixture.setFault(.status(400, nil), at: [.alcamine])
    _ = try fixture.client.page("limit=5")
    let after = try sources()
    let failure = try #require(after[0]["lastError"] as? [String: Any])
    #expect(Set(failure.keys) == ["code", "message", "at"])
    #expect(failure["code"] as? String == "upstreamStatus")
    #expect(abs(milliseconds(failure["at"] as? String ?? "") - now) < 60_000)
    for source in after.dropFirst() {
      let latency = try #require(source["latencyMs"] as? [String: Int])
      #expect(Set(latency.keys) == ["p50", "p95"] && latency.values.allSatisfy { $0 >= 0 })
      #expect(
        (source["rateLimitRemaining"] as? Int ?? -1) >= 0 || source["rateLimitRemaining"] is NSNull)
      #expect(source["requestsInFlight"] as? Int == 0)
    }
    let capabilities = after.map { canonicalJSON($0["capabilities"] ?? "") }
    #expect(
      capabilities == [
        #"{"filters":[],"maximumPage":250,"orders":["-createdAt"],"parameters":[]}"#,
        #"{"filters":["agentId","anam.apiKeyId"],"maximumPage":100,"orders":["-createdAt"],"#
          + #""parameters":[{"name":"anam.apiKeyId","type":"uuid"}]}"#,
        #"{"filters":["createdAfter","createdBefore","channel","modality","athena.appId","#
          + #""athena.includeSubSessions","athena.includeTaskSessions"],"maximumPage":500,"#
          + #""orders":["-createdAt","createdAt","-updatedAt","updatedAt"],"parameters":["#
          + #"{"name":"athena.includeSubSessions","type":"boolean"},"#
          + #"{"name":"athena.includeTaskSessions","type":"boolean"},"#
          + #"{"name":"athena.appId","type":"text"}]}"#,
      ])
    try fixture.client.get("/v1/sources?limit=5").expectProblem(400, "unknown-parameter")
  }

  private var now: Int { Int(Date().timeIntervalSince1970 * 1_000) }

  @Test func aFailingSourceIsDegradedWithItsLastError() throws {
    let fixture = try GatewayFixture(sessions: 10)
    fixture.setFault(.garbage, at: [.anam])
    _ = try fixture.client.page("limit=5")
    let data = try fixture.client.get("/v1/sources").object()["data"] as? [[String: Any]]
    let anam = try #require(data?.first { $0["name"] as? String == "anam" })
    #expect(anam["state"] as? String == "degraded")
    #expect(canonicalJSON(anam["lastError"] ?? "").contains("badPayload"))
  }

  @Test func livenessAndReadiness() throws {
    let fixture = try GatewayFixture(sessions: 1)
    fixture.setFault(.status(500, nil))
    #expect(try fixture.client.get("/healthz").status == 200)
    #expect(try fixture.client.get("/readyz").status == 200)
    #expect(fixture.requestCount == 0)
  }

  @Test func readinessEndsWhileDrainingAndTheRestStillAnswers() throws {
    let fixture = try GatewayFixture(sessions: 10) { _ in
    } configure: { configuration in
      configuration.shutdownDelay = .seconds(60)
    }
    fixture.gateway.drain {}
    try fixture.client.get("/readyz").expectProblem(503, "draining")
    #expect(try fixture.client.get("/healthz").status == 200)
    #expect(try fixture.client.page("limit=5").sessions.count == 5)
  }

  @Test func sourcesShowEveryNumberThatDecidesWhetherTheyAreAsked() throws {
    let fixture = try GatewayFixture(sessions: 10) { _ in
    } configure: { configuration in
      configuration.cache.ttl = .zero
      let index = try #require(configuration.sources.firstIndex { $0.name == "anam" })
      configuration.sources[index].rateLimit = .init(requests: 100, per: .seconds(60))
    }
    func anam() throws -> [String: Any] {
      let data = try fixture.client.get("/v1/sources").object()["data"] as? [[String: Any]]
      return try #require(data?.first { $0["name"] as? String == "anam" })
    }
    fixture.setFault(.status(500, nil), at: [.anam])
    for _ in 0..<2 { _ = try fixture.client.page("limit=5") }
    let failing = try anam()
    #expect(failing["requestsTotal"] as? Int == 4)
    #expect(failing["retriesTotal"] as? Int == 2 && failing["retriesLeft"] as? Int == 1)
    #expect(canonicalJSON(failing["failuresTotal"] ?? "") == "{\"upstreamStatus\":2}")
    #expect(
      canonicalJSON(failing["circuit"] ?? "") == "{\"failuresInARow\":2,\"retryAfterMs\":null}")
    #expect(canonicalJSON(failing["rateLimit"] ?? "") == "{\"perMs\":60000,\"requests\":100}")
    #expect(failing["concurrency"] as? Int == 8 && failing["requestsWaiting"] as? Int == 0)
    #expect(failing["rateLimitPauseMs"] is NSNull)
    for _ in 0..<3 { _ = try fixture.client.page("limit=5") }
    let open = try #require(try anam()["circuit"] as? [String: Any])
    #expect(open["failuresInARow"] is NSNull)
    #expect((1...5_000).contains(open["retryAfterMs"] as? Int ?? 0))
    fixture.setFault(.status(429, .seconds(60)), at: [.athena])
    _ = try fixture.client.page("limit=5")
    let data = try fixture.client.get("/v1/sources").object()["data"] as? [[String: Any]]
    let athena = try #require(data?.first { $0["name"] as? String == "athena" })
    #expect((1...60_000).contains(athena["rateLimitPauseMs"] as? Int ?? 0))
  }

  @Test(arguments: ["/v1/sessions?limit=5", "/v1/sources", "/healthz", "/readyz", "/v1/nothing"])
  func headAnswersAsGetWithoutTheBody(target: String) throws {
    let fixture = try GatewayFixture(sessions: 10)
    let get = try fixture.client.get(target)
    let head = try fixture.client.ask("HEAD", target)
    #expect(head.status == get.status)
    #expect(head.body.isEmpty)
    #expect(head["Content-Type"] == get["Content-Type"])
    #expect(head["ETag"] == get["ETag"])
  }

  @Test(arguments: ["POST", "PUT", "DELETE", "PATCH", "QUERY"])
  func anotherMethodIsRefusedWithWhatIsAllowed(method: String) throws {
    let fixture = try GatewayFixture(sessions: 5)
    for target in ["/v1/sessions", "/v1/sessions/anam:x", "/v1/sources", "/healthz", "/readyz"] {
      let answer = try fixture.client.ask(method, target, body: method == "DELETE" ? nil : "{}")
      try answer.expectProblem(405, "method-not-allowed")
      let allowed = answer["Allow"]?.components(separatedBy: ", ") ?? []
      #expect(Set(allowed).isSuperset(of: ["GET", "HEAD"]), "\(allowed)")
      #expect(!allowed.contains(method))
    }
    #expect(fixture.requestCount == 0)
  }

  @Test(arguments: [
    "/v1", "/v1/", "/v2/sessions", "/v1/sessions/", "/v1/Sessions", "/nothing", "/v1/sources/x",
    "/healthz/", "/v1/sessions/a/b", "//v1/sessions",
  ])
  func anUnknownPathIsNotFound(path: String) throws {
    let fixture = try GatewayFixture(sessions: 5)
    try fixture.client.get(path).expectProblem(404, "not-found")
    #expect(fixture.requestCount == 0)
  }

  // MARK: Cross-origin

  static let origin = "https://app.example.com"

  @Test func aConfiguredOriginMayAsk() throws {
    let fixture = try GatewayFixture(sessions: 5) { _ in
    } configure: {
      $0.corsOrigins = [ServiceEndpointTests.origin]
    }
    let answer = try fixture.client.get(
      "/v1/sessions?limit=2", ["Origin": ServiceEndpointTests.origin])
    #expect(answer["Access-Control-Allow-Origin"] == ServiceEndpointTests.origin)
    #expect(answer["Vary"]?.lowercased().contains("origin") == true)
    let exposed = answer["Access-Control-Expose-Headers"]?.lowercased() ?? ""
    for name in ["link", "x-request-id", "gateway-partial", "retry-after"] {
      #expect(exposed.contains(name), "\(exposed)")
    }
    let refused = try fixture.client.get(
      "/v1/sessions?limit=0", ["Origin": ServiceEndpointTests.origin])
    #expect(refused["Access-Control-Allow-Origin"] == ServiceEndpointTests.origin)
  }

  @Test func preflightIsAnsweredForAConfiguredOrigin() throws {
    let fixture = try GatewayFixture(sessions: 5) { _ in
    } configure: {
      $0.corsOrigins = [ServiceEndpointTests.origin]
    }
    let answer = try fixture.client.ask(
      "OPTIONS", "/v1/sessions",
      [
        "Origin": ServiceEndpointTests.origin, "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization",
      ])
    #expect((200...204).contains(answer.status))
    #expect(answer["Access-Control-Allow-Origin"] == ServiceEndpointTests.origin)
    #expect(answer["Access-Control-Allow-Methods"]?.contains("GET") == true)
    #expect(
      answer["Access-Control-Allow-Headers"]?.lowercased().contains("authorization") == true)
    #expect(fixture.requestCount == 0)
  }

  @Test(arguments: [
    "https://evil.example.com", "http://app.example.com", "https://app.example.com.evil.example",
    "https://app.example.com:8443", "null", "https://APP.example.com/",
  ])
  func anotherOriginIsNotAllowed(origin: String) throws {
    let fixture = try GatewayFixture(sessions: 5) { _ in
    } configure: {
      $0.corsOrigins = [ServiceEndpointTests.origin]
    }
    let answer = try fixture.client.get("/v1/sessions?limit=2", ["Origin": origin])
    #expect(answer["Access-Control-Allow-Origin"] == nil)
    let preflight = try fixture.client.ask(
      "OPTIONS", "/v1/sessions", ["Origin": origin, "Access-Control-Request-Method": "GET"])
    #expect(preflight["Access-Control-Allow-Origin"] == nil)
  }

  // MARK: Host

  @Test func onLoopbackWithoutTokensOnlyLoopbackNamesAreServed() throws {
    let fixture = try GatewayFixture(sessions: 5) { _ in
    } configure: {
      $0.auth.isDisabled = false
    }
    let port = fixture.client.port
    for host in [
      "localhost", "localhost:\(port)", "127.0.0.1", "127.0.0.1:\(port)", "[::1]",
      "[::1]:\(port)", "LOCALHOST", "127.0.0.2",
    ] {
      let answer = try fixture.client.get("/v1/sessions?limit=1", ["Host": host])
      #expect(answer.status == 200, "\(host): \(answer.status)")
    }
    let before = fixture.requestCount
    for host in [
      "evil.example", "evil.example:\(port)", "localhost.evil.example", "127.0.0.1.evil.example",
      "192.168.1.1", "127.evil.example", "[::2]", "0.0.0.0",
    ] {
      for target in ["/v1/sessions", "/v1/sources"] {
        try fixture.client.get(target, ["Host": host]).expectProblem(421, "misdirected")
      }
    }
    #expect(fixture.requestCount == before)
  }

  @Test func withoutAuthenticationByChoiceAnyHostIsServed() throws {
    let fixture = try GatewayFixture(sessions: 5)
    let answer = try fixture.client.get("/v1/sessions?limit=1", ["Host": "gateway.example"])
    #expect(answer.status == 200)
  }
}
