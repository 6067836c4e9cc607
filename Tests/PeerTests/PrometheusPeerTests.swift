import Foundation
import Support
import Testing

/// The metrics as Prometheus itself sees them, from Debian's package `prometheus`.
@Suite(.enabled(if: Peer.isEnabled)) struct PrometheusPeerTests {
  @Test(.timeLimit(.minutes(10))) func promtoolFindsNothingToMend() throws {
    let gateway = try PeerGateway(permissions: [])
    try askAll(gateway)
    let result = try promtool(["metrics"], input: try get(gateway.port, "/metrics"))
    #expect(result.status == 0, "\(result.output)")
    #expect(result.output == "", "\(result.output)")
  }

  @Test(.timeLimit(.minutes(10))) func promtoolAcceptsTheAlertRules() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let rules = root.appending(path: "config/prometheus-rules.yaml").path
    let result = try promtool(["rules", rules])
    #expect(result.status == 0, "\(result.output)")
  }

  @Test(.timeLimit(.minutes(10))) func prometheusScrapesWhatWasCounted() throws {
    let gateway = try PeerGateway(permissions: [])
    try askAll(gateway)
    let port = Peer.freePort()
    let prometheus = try Peer("prometheus", listeningOn: [port], lastSignal: SIGTERM) { folder in
      let settings = """
        global: { scrape_interval: 1s, scrape_timeout: 1s }
        scrape_configs:
          - job_name: gateway
            authorization: { credentials: \(PeerGateway.token) }
            static_configs: [ { targets: ["127.0.0.1:\(gateway.port)"] } ]
        """
      try Data(settings.utf8).write(to: URL(fileURLWithPath: "\(folder)/prometheus.yml"))
      return [
        "--config.file=\(folder)/prometheus.yml", "--storage.tsdb.path=\(folder)/data",
        "--web.listen-address=127.0.0.1:\(port)",
      ]
    }
    let name = "sessions_gateway_http_requests_total"
    let query = "\(name){route=\"/v1/sessions\",status=\"200\"}"
    let end = Date(timeIntervalSinceNow: 30)
    var answer = ""
    // It does not tell when it has scraped.
    while Date() < end, !answer.contains(name) {
      answer = try get(port, "/api/v1/query?query=" + escaped(query))
      usleep(100_000)
    }
    #expect(answer.contains("\"2\""), "\(answer)")
    let up = try get(port, "/api/v1/query?query=up")
    #expect(up.contains("\"1\""), "\(up)")
    withExtendedLifetime(prometheus) {}
  }

  private func escaped(_ text: String) -> String {
    text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? text
  }

  private func promtool(_ arguments: [String], input: String = "") throws -> Command {
    try Command(["promtool", "check"] + arguments, input: input)
  }

  /// Two lists, a page that fails, and what no route serves.
  private func askAll(_ gateway: PeerGateway) throws {
    for target in ["/v1/sessions", "/v1/sessions?limit=7", "/v1/sessions?limit=x", "/nothing"] {
      _ = try get(gateway.port, target)
    }
  }

  private func get(_ port: UInt16, _ target: String) throws -> String {
    let client = try RawClient(port: port)
    try client.send(
      """
      GET \(target) HTTP/1.1\r
      Host: 127.0.0.1\r
      Authorization: Bearer \(PeerGateway.token)\r
      Connection: close\r
      \r

      """)
    return try client.answer()?.body ?? ""
  }
}
