import Foundation
import Gateway
import Simulator
import Support
import Testing
import Transport

@Suite struct MetricsTests {
  @Test func metricsNeedATokenUnlessTheyAreOpen() throws {
    let closed = try GatewayFixture(sessions: 1) { _ in
    } configure: {
      $0.auth.isDisabled = false
      $0.auth.tokens = [Self.token]
    }
    try closed.client.get("/metrics").expectProblem(401, "unauthorized")
    #expect(try closed.client.get("/metrics", Self.authorization).status == 200)
    let open = try closed.anotherGateway {
      $0.auth.isDisabled = false
      $0.auth.tokens = [Self.token]
      $0.metricsOpen = true
    }
    #expect(try open.client.get("/metrics").status == 200)
    try open.client.get("/v1/sources").expectProblem(401, "unauthorized")
  }

  @Test func theAnswerIsPrometheusText() throws {
    let fixture = try GatewayFixture(sessions: 10)
    let answer = try fixture.client.get("/metrics")
    #expect(answer["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
    let sample = /[a-z_]+(\{[a-z_]+="[^"\\\n]*"(,[a-z_]+="[^"\\\n]*")*\})? -?[0-9.e+-]+/
    for line in answer.body.split(separator: "\n") where !line.hasPrefix("#") {
      #expect(line.wholeMatch(of: sample) != nil, "\(line)")
    }
    try fixture.client.get("/metrics?name=x").expectProblem(400, "unknown-parameter")
  }

  @Test func requestsAreCountedByRouteAndStatus() throws {
    let fixture = try GatewayFixture(sessions: 20)
    _ = try fixture.client.page("limit=5")
    _ = try fixture.client.page("limit=5")
    try fixture.client.get("/v1/sessions?limit=x").expectProblem(400, "invalid-parameter")
    try fixture.client.get("/v1/sessions?cursor=AAAA").expectProblem(400, "cursor-invalid")
    let id = try #require(fixture.ids(.anam).first)
    #expect(try fixture.client.get("/v1/sessions/anam:\(id)").status == 200)
    try fixture.client.get("/nothing").expectProblem(404, "not-found")
    let bad = try RawClient(port: fixture.client.port)
    try bad.send("GET / HTTP/1.1\r\nHost : x\r\n\r\n")
    #expect(try bad.answer(bodiless: false)?.status == 400)

    let samples = try Samples(fixture.client)
    let name = "sessions_gateway_http_requests_total"
    #expect(samples[name, "route=\"/v1/sessions\"", "status=\"200\""] == 2)
    #expect(samples[name, "route=\"/v1/sessions\"", "status=\"400\""] == 2)
    #expect(samples[name, "route=\"/v1/sessions/{id}\"", "status=\"200\""] == 1)
    #expect(samples[name, "route=\"none\"", "status=\"404\""] == 1)
    #expect(samples[name, "route=\"none\"", "status=\"400\""] == 1)
    #expect(samples["sessions_gateway_http_problems_total", "type=\"cursor-invalid\""] == 1)
    let durations = "sessions_gateway_http_request_duration_seconds_count"
    #expect(samples[durations, "route=\"/v1/sessions\""] == 4)
    let last = "sessions_gateway_http_request_duration_seconds_bucket"
    #expect(samples[last, "route=\"/v1/sessions\"", "le=\"+Inf\""] == 4)
    #expect(samples["sessions_gateway_http_requests_in_flight"] == 1)
    #expect(samples["sessions_gateway_http_connections"].map { $0 >= 1 } == true)
  }

  @Test func sourcesAreCountedByOutcomeAndAttempt() throws {
    let fixture = try GatewayFixture(sessions: 20)
    _ = try fixture.client.page("limit=5")
    _ = try fixture.client.page("limit=5")
    fixture.setFault(.status(500, nil), at: [.anam])
    _ = try fixture.client.page(
      "limit=5&anam.apiKeyId=00000000-0000-4000-8000-000000000000&source=anam,athena")
    let samples = try Samples(fixture.client)
    let requests = "sessions_gateway_upstream_requests_total"
    #expect(
      samples[requests, "source=\"athena\"", "outcome=\"ok\"", "attempt=\"first\""]
        .map { $0 >= 1 } == true)
    for attempt in ["first", "retry"] {
      #expect(
        samples[
          requests, "source=\"anam\"", "outcome=\"upstreamStatus\"", "attempt=\"\(attempt)\""] == 1)
    }
    let calls = "sessions_gateway_upstream_calls_total"
    #expect(samples[calls, "source=\"anam\"", "outcome=\"upstreamStatus\""] == 1)
    #expect(samples["sessions_gateway_upstream_retries_total", "source=\"anam\""] == 1)
    #expect(samples["sessions_gateway_pages_partial_total"] == 1)
    let pages = "sessions_gateway_source_pages_total"
    #expect(samples[pages, "source=\"anam\"", "state=\"failed\""] == 1)
    let lookups = "sessions_gateway_cache_lookups_total"
    #expect(samples[lookups, "source=\"anam\"", "result=\"hit\""] == 1)
    #expect(samples["sessions_gateway_cache_bytes"].map { $0 > 1_000 } == true)
    #expect(samples["sessions_gateway_page_fill_ratio_count"] == 3)
    #expect(samples["sessions_gateway_sessions_returned_total"].map { $0 == 0 } != true)
    #expect(samples["sessions_gateway_upstream_connections", "state=\"idle\""] != nil)
    #expect(samples["sessions_gateway_upstream_circuit_open", "source=\"anam\""] == 0)
  }

  @Test func anOpenCircuitAndItsRefusalsAreSeen() throws {
    let fixture = try GatewayFixture(sessions: 5) { _ in
    } configure: {
      $0.cache.ttl = .zero
    }
    fixture.setFault(.garbage, at: [.anam])
    for _ in 0..<6 { _ = try fixture.client.page("limit=5") }
    let samples = try Samples(fixture.client)
    #expect(samples["sessions_gateway_upstream_circuit_open", "source=\"anam\""] == 1)
    let calls = "sessions_gateway_upstream_calls_total"
    #expect(samples[calls, "source=\"anam\"", "outcome=\"badPayload\""] == 5)
    #expect(samples[calls, "source=\"anam\"", "outcome=\"circuitOpen\""] == 1)
  }

  @Test func aTokenIsCountedByItsName() throws {
    let fixture = try GatewayFixture(sessions: 5) { _ in
    } configure: {
      $0.auth.isDisabled = false
      $0.auth.tokens = [Self.token]
    }
    #expect(try fixture.client.get("/v1/sessions", Self.authorization).status == 200)
    let samples = try Samples(fixture.client, Self.authorization)
    #expect(samples["sessions_gateway_token_requests_total", "token=\"grafana\""] == 1)
  }

  @Test func whatTheKernelSaysIsThere() throws {
    let samples = try Samples(GatewayFixture(sessions: 1).client)
    #expect(samples["process_resident_memory_bytes"].map { $0 > 1e6 } == true)
    #expect(samples["process_open_fds"].map { $0 > 5 } == true)
    #expect(samples["process_max_fds"].map { $0 > 5 } == true)
    #expect(samples["process_cpu_seconds_total"].map { $0 > 0 } == true)
    #expect(samples["process_threads"].map { $0 > 1 } == true)
    let start = try #require(samples["process_start_time_seconds"])
    #expect(start < Date().timeIntervalSince1970 && start > Date().timeIntervalSince1970 - 7_200)
    #expect(samples["sessions_gateway_build_info", "version="] == 1)
  }

  @Test func everyLoopIsCounted() throws {
    let fixture = try GatewayFixture(sessions: 5)
    let gateway = try GatewayFixture.start(loops: 3) { configuration in
      configuration.sources = [try GatewayFixture.source(.anam, of: fixture.simulator)]
    }
    let client = GatewayClient(RunningServers(gateway, nil))
    // The kernel spreads connections over the loops.
    for _ in 0..<40 { #expect(try client.get("/healthz").status == 200) }
    let samples = try Samples(client)
    #expect(
      samples["sessions_gateway_http_requests_total", "route=\"/healthz\"", "status=\"200\""] == 40)
  }

  @Test func noLabelHoldsWhatCallersOrUpstreamsSay() throws {
    let fixture = try GatewayFixture(sessions: 20)
    let id = try #require(fixture.ids(.athena).first)
    _ = try fixture.client.get("/v1/sessions/athena:\(id)")
    _ = try fixture.client.get("/v1/sessions?q=looked-for-by-someone&agentId=agent-of-someone")
    _ = try fixture.client.get("/somebody@example.com", ["X-Request-Id": "asked-by-someone"])
    let body = try fixture.client.get("/metrics").body
    for word in [id, "someone", "somebody", "@", "127.0.0.1", "simulated-"] {
      #expect(!body.contains(word), "\(word)")
    }
  }

  // MARK: What the names are used for

  @Test(arguments: ["docs/OPERATIONS.md"])
  func everyMetricIsDocumented(file: String) throws {
    let text = try Self.text(of: file)
    for family in try Samples(GatewayFixture(sessions: 1).client).families {
      #expect(text.contains("`\(family)`"), "\(family) is not in \(file)")
    }
  }

  @Test(arguments: ["config/grafana-dashboard.json", "config/prometheus-rules.yaml"])
  func everyNameThatIsUsedExists(file: String) throws {
    let families = try Samples(GatewayFixture(sessions: 1).client).families
    let text = try Self.text(of: file)
    let names = text.matches(of: /(sessions_gateway|process)_[a-z_]+/).map { String($0.output.0) }
    #expect(names.count > 10)
    for name in Set(names) {
      let family = name.replacing(/_(bucket|sum|count)$/, with: "")
      #expect(families.contains(name) || families.contains(family), "\(name) in \(file)")
    }
  }

  @Test func theDashboardIsValidJSON() throws {
    let text = try Self.text(of: "config/grafana-dashboard.json")
    let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    #expect((object?["panels"] as? [Any])?.count ?? 0 > 5)
  }

  static let token = CallerToken(
    name: "grafana", sha256: CallerToken.digest("the-token-of-grafana".utf8))
  static let authorization = ["Authorization": "Bearer the-token-of-grafana"]

  private static func text(of file: String) throws -> String {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    return try String(contentsOf: root.appending(path: file), encoding: .utf8)
  }
}

/// What `/metrics` answered.
struct Samples {
  let lines: [String]

  init(_ client: GatewayClient, _ headers: [String: String] = [:]) throws {
    let answer = try client.get("/metrics", headers)
    try #require(answer.status == 200)
    lines = answer.body.split(separator: "\n").map(String.init)
  }

  /// The families, as their `TYPE` lines name them.
  var families: [String] {
    lines.filter { $0.hasPrefix("# TYPE ") }.map { String($0.split(separator: " ")[2]) }
  }

  /// The sum of the samples of this name that bear all of these labels; nil when there is none.
  subscript(_ name: String, _ labels: String...) -> Double? {
    let found = lines.filter { line in
      (line.hasPrefix(name + " ") || line.hasPrefix(name + "{"))
        && labels.allSatisfy { line.contains($0) }
    }
    let values = found.compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }
    return values.isEmpty ? nil : values.reduce(0, +)
  }
}
