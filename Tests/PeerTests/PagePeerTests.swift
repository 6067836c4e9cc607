import Foundation
import Gateway
import Logging
import Providers
import Simulator
import Testing
import Upstream

/// The pages in a real browser, and the API's document against a real fuzzer. Both run as programs before
/// gateways of this process, and say themselves what they found.
@Suite(.enabled(if: Peer.isEnabled), .serialized) struct PagePeerTests {
  private static let token = "a-token-of-the-peer-tests"

  /// A gateway before three simulated upstreams; both end with it.
  private final class Stage {
    let gateway: Gateway
    private let simulator: Simulator

    init(
      fault: FaultRule.Kind? = nil, asksForToken: Bool = false,
      permissions: CallerToken.Permissions = []
    ) throws {
      var options = SimulatorOptions()
      options.dataset = DatasetOptions(seed: 11, sessions: 1_500)
      try options.addLatency("20ms")
      // Time stands still there: nothing changes between what a page showed and what is compared.
      let now = WallTime.now()
      let simulator = try Simulator(options, clock: { now })
      self.simulator = simulator
      if let fault {
        simulator.service(.anam).setFaults(SimulatorFaults(rules: [FaultRule(fault)]))
      }
      var configuration = GatewayConfiguration()
      configuration.listen.port = 0
      configuration.isDemo = true
      configuration.cursor.secrets = [Array("a secret of the peer tests, long enough".utf8)]
      // Where nothing matches there are empty pages, more than one.
      configuration.query.pageBudget = 1
      if asksForToken {
        configuration.auth.tokens = [
          CallerToken(
            name: "peer", sha256: CallerToken.digest(PagePeerTests.token.utf8),
            permissions: permissions)
        ]
      } else {
        configuration.auth.isDisabled = true
      }
      configuration.sources = try SimulatedProvider.allCases.map { provider in
        let known = try #require(ProviderCatalog.all.first { $0.name == provider.rawValue })
        return SourceSettings(
          name: provider.rawValue, provider: known,
          origin: try UpstreamOrigin(simulator.baseURL(provider)),
          apiKey: Secret(simulator.apiKey(provider)))
      }
      gateway = try Gateway(
        configuration, loops: 1, logger: Logger(label: "peer") { _ in SwiftLogNoOpLogHandler() })
    }

    deinit {
      gateway.stop()
      simulator.stop()
    }

    var address: String { "http://127.0.0.1:\(gateway.address.port)" }
  }

  /// What a program printed, and its exit status. It is ended when it takes too long.
  private func run(
    _ program: String, _ arguments: [String], seconds: Int
  ) throws -> (status: Int32, output: String) {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["timeout", "--kill-after=10", "\(seconds)", program] + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: NSTemporaryDirectory())
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text)
  }

  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  private static let tools = folder.deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent(".build/peer-tools/bin").path

  /// `SCREENSHOTS` names a folder for what the browser showed.
  @Test(.timeLimit(.minutes(10))) func `people can use the pages in a browser`() throws {
    let (open, failing) = (try Stage(), try Stage(fault: .status(500, nil)))
    let guarded = try Stage(asksForToken: true)
    let screenshots = ProcessInfo.processInfo.environment["SCREENSHOTS"].map { [$0] } ?? []
    let (status, output) = try run(
      "python3",
      [
        Self.folder.appendingPathComponent("browser.py").path, open.address, failing.address,
        guarded.address, Self.token,
      ] + screenshots, seconds: 400)
    print(output)
    #expect(status == 0, "\(output)")
    #expect(output.components(separatedBy: "passed ").count - 1 == 12)
  }

  @Test(.timeLimit(.minutes(10))) func `the document is valid, and the gateway keeps to it`() throws
  {
    let stage = try Stage(asksForToken: true, permissions: .raw)
    let document = Self.folder.deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Sources/Web/Files/openapi.json").path
    let valid = try run("\(Self.tools)/openapi-spec-validator", [document], seconds: 60)
    #expect(valid.status == 0, "\(valid.output)")
    let configuration = Self.folder.appendingPathComponent("schemathesis.toml").path
    let (status, output) = try run(
      "\(Self.tools)/schemathesis",
      [
        "--config-file", configuration, "run", "\(stage.address)/openapi.json", "--no-color",
        "--header", "Authorization: Bearer \(Self.token)", "--max-time", "75",
      ], seconds: 150)
    print(output.components(separatedBy: "SUMMARY").last ?? output)
    #expect(status == 0, "\(output)")
  }
}
