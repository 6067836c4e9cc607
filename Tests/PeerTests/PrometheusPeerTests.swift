import Foundation
import Gateway
import Logging
import Providers
import Simulator
import Support
import Testing
import Upstream

/// The metrics as Prometheus itself sees them, from Debian's package `prometheus`.
@Suite(.enabled(if: Peer.isEnabled)) struct PrometheusPeerTests {
  @Test(.timeLimit(.minutes(10))) func promtoolFindsNothingToMend() throws {
    let served = try ServedGateway()
    try served.askAll()
    let result = try Self.promtool(["check", "metrics"], input: try served.metrics())
    #expect(result.status == 0, "\(result.output)")
    #expect(result.output == "", "\(result.output)")
  }

  @Test(.timeLimit(.minutes(10))) func promtoolAcceptsTheAlertRules() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let rules = root.appending(path: "config/prometheus-rules.yaml").path
    let result = try Self.promtool(["check", "rules", rules], input: "")
    #expect(result.status == 0, "\(result.output)")
  }

  @Test(.timeLimit(.minutes(10))) func prometheusScrapesWhatWasCounted() throws {
    let served = try ServedGateway()
    try served.askAll()
    let port = try Peer.freePort()
    let prometheus = try Peer("prometheus", listeningOn: [port], lastSignal: SIGTERM) { folder in
      let settings = """
        global: { scrape_interval: 1s, scrape_timeout: 1s }
        scrape_configs:
          - job_name: gateway
            authorization: { credentials: \(ServedGateway.token) }
            static_configs: [ { targets: ["127.0.0.1:\(served.port)"] } ]
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
    while Date() < end, !answer.contains(name) {
      answer = try ServedGateway.get(
        port, "/api/v1/query?query=" + Self.escaped(query), token: nil)
      usleep(100_000)
    }
    #expect(answer.contains("\"2\""), "\(answer)")
    let up = try ServedGateway.get(port, "/api/v1/query?query=up", token: nil)
    #expect(up.contains("\"1\""), "\(up)")
    withExtendedLifetime(prometheus) {}
  }

  private static func escaped(_ text: String) -> String {
    text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? text
  }

  private static func promtool(
    _ arguments: [String], input: String
  ) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["promtool"] + arguments
    let (given, said) = (Pipe(), Pipe())
    process.standardInput = given
    process.standardOutput = said
    process.standardError = said
    try process.run()
    try given.fileHandleForWriting.write(contentsOf: Data(input.utf8))
    try given.fileHandleForWriting.close()
    let output = try said.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}

/// A gateway with a token, before simulated upstreams.
private final class ServedGateway {
  static let token = "the-token-of-prometheus"

  private let simulator: Simulator
  private let gateway: Gateway
  var port: UInt16 { gateway.address.port }

  init() throws {
    let simulator = try Simulator()
    self.simulator = simulator
    var configuration = GatewayConfiguration()
    configuration.listen.port = 0
    configuration.cursor.secrets = [Array("a secret of the peer tests".utf8)]
    configuration.auth.tokens = [
      CallerToken(name: "prometheus", sha256: CallerToken.digest(Self.token.utf8))
    ]
    configuration.sources = try ProviderCatalog.all.map { provider in
      let simulated = try #require(SimulatedProvider(rawValue: provider.name))
      return SourceSettings(
        name: provider.name, provider: provider,
        origin: try UpstreamOrigin(simulator.baseURL(simulated)),
        apiKey: Secret(simulator.apiKey(simulated)))
    }
    gateway = try Gateway(
      configuration, loops: 2, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  deinit {
    gateway.stop()
    simulator.stop()
  }

  /// Two lists, a page that fails, and what no route serves.
  func askAll() throws {
    for target in ["/v1/sessions", "/v1/sessions?limit=7", "/v1/sessions?limit=x", "/nothing"] {
      _ = try Self.get(port, target, token: Self.token)
    }
  }

  func metrics() throws -> String { try Self.get(port, "/metrics", token: Self.token) }

  static func get(_ port: UInt16, _ target: String, token: String?) throws -> String {
    let client = try RawClient(port: port)
    let authorization = token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
    try client.send(
      "GET \(target) HTTP/1.1\r\nHost: 127.0.0.1\r\n\(authorization)Connection: close\r\n\r\n")
    return try client.answer(bodiless: false)?.body ?? ""
  }
}
