import Foundation
import Simulator
import Support
import Testing

/// Replicas share nothing but the cursor secret, also where they are processes of their own: the real
/// executable, started as an operator would.
@Suite struct ReplicaTests {
  @Test func threeProcessesInTurnWalkOneTraversalOnce() throws {
    let fixture = try GatewayFixture(sessions: 150)
    let replicas = try (0..<3).map { _ in try ReplicaProcess(fixture) }
    defer { replicas.forEach { $0.stop() } }
    let before = try fixture.expected()
    var churn = Churn(seed: 3)
    let walk = try Walk(replicas.map { GatewayClient(port: $0.port) }, "", limit: 17) { _, _ in
      try churn.happen(to: fixture)
    }
    let throughout = Set(before.map(\.id)).intersection(try fixture.expected().map(\.id))
    #expect(walk.pages.count > 20)
    #expect(walk.doubles == [])
    #expect(throughout.subtracting(walk.ids) == [])
    #expect(SessionSort.newestFirst.disorder(in: walk.sessions) == nil)
  }

  @Test func aStopEndsTheProcessWithSuccess() throws {
    let replica = try ReplicaProcess(try GatewayFixture(sessions: 5))
    replica.stop()
    #expect(replica.exitStatus == 0)
  }
}

/// One gateway as a process, on a free port, at a fixture's simulated upstreams.
private final class ReplicaProcess {
  let port: UInt16
  private let process = Process()

  init(_ fixture: GatewayFixture) throws {
    let tests = URL(fileURLWithPath: CommandLine.arguments[0])
    process.executableURL = tests.deletingLastPathComponent()
      .appendingPathComponent("sessions-gateway")
    process.arguments = ["serve"]
    var environment = [
      "GATEWAY_PORT": "0", "GATEWAY_AUTH": "none", "GATEWAY_LOG_LEVEL": "error",
      "GATEWAY_CURSOR_SECRET": "the-secret-that-all-replicas-share",
    ]
    for provider in SimulatedProvider.allCases {
      let name = provider.rawValue.uppercased()
      environment["\(name)_BASE_URL"] = fixture.simulator.baseURL(provider)
      environment["\(name)_API_KEY"] = fixture.simulator.apiKey(provider)
    }
    process.environment = environment
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    var line = ""
    while !line.hasSuffix("\n") {
      let data = try #require(try output.fileHandleForReading.read(upToCount: 1), "no ready line")
      line += String(decoding: data, as: UTF8.self)
    }
    port = try #require(
      line.split(separator: ":").last.flatMap { UInt16($0.dropLast()) }, "\(line)")
  }

  var exitStatus: Int32 { process.terminationStatus }

  func stop() {
    process.terminate()
    process.waitUntilExit()
  }
}
