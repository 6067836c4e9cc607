import Foundation
import Simulator
import Support
import Testing

/// The real executable: signals, files that change, and what the kernel holds against dumps.
@Suite struct ProcessTests {
  @Test(.timeLimit(.minutes(10))) func aHangupReadsTheFilesAgain() throws {
    let fixture = try GatewayFixture(sessions: 20)
    let folder = try Folder()
    try folder.write("key", fixture.simulator.apiKey(.anam))
    try folder.write("token", "the-first-token-of-all")
    try folder.write("gateway.yaml", Self.configuration(fixture, folder, ["anam"]))
    let gateway = try GatewayProcess([:], ["--config", folder.path("gateway.yaml")])
    let client = GatewayClient(port: gateway.port)
    let first = ["Authorization": "Bearer the-first-token-of-all"]
    let second = ["Authorization": "Bearer the-second-token-of-all"]
    let page = try client.page("limit=5", first)
    #expect(page.sourceNames == ["anam"])

    // Sources, a token in a file of its own, the log's level.
    try folder.write("token", "the-second-token-of-all")
    try folder.write("gateway.yaml", Self.configuration(fixture, folder, ["anam", "athena"]))
    gateway.signal(SIGHUP)
    try GatewayFixture.wait(until: { try client.get("/v1/sources", second).status == 200 })
    #expect(try client.page("limit=5", second).sourceNames == ["anam", "athena"])
    try client.get("/v1/sources", first).expectProblem(401, "unauthorized")
    // The random cursor secret has outlived it.
    let cursor = try #require(page.cursor)
    #expect(try client.page("limit=5&cursor=\(cursor)", second).sessions.count == 5)

    // Mistakes change nothing, and each is said.
    let broken = try Self.configuration(fixture, folder, ["anam"])
      .replacing("limits:", with: "limitz:").replacing("level: info", with: "level: loud")
    try folder.write("gateway.yaml", broken)
    gateway.signal(SIGHUP)
    let name = "sessions_gateway_config_last_reload_successful"
    try GatewayFixture.wait(until: { try Samples(client, second)[name] == 0 })
    #expect(try client.page("limit=5", second).sourceNames == ["anam", "athena"])

    // What only a restart changes is said.
    try folder.write(
      "gateway.yaml",
      try Self.configuration(fixture, folder, ["anam"]).replacing("port: 0", with: "port: 1"))
    gateway.signal(SIGHUP)
    try GatewayFixture.wait(until: { try Samples(client, second)[name] == 1 })
    #expect(try client.page("limit=5", second).sourceNames == ["anam"])

    gateway.stop()
    #expect(gateway.exitStatus == 0)
    let log = gateway.log
    #expect(log.contains("configuration reloaded") && log.contains("added=athena"), "\(log)")
    #expect(log.contains("not reloaded: ") && log.contains("limitz"), "\(log)")
    #expect(log.contains("loud"), "\(log)")
    #expect(log.contains("listen.port has changed"), "\(log)")
    for secret in [fixture.simulator.apiKey(.anam), "the-first-token", "the-second-token"] {
      #expect(!log.contains(secret), "\(log)")
    }
  }

  @Test(.timeLimit(.minutes(10))) func noCoreCanBeWrittenAndNobodyMayDump() throws {
    let gateway = try GatewayProcess(["GATEWAY_PORT": "0"], ["--demo"], asNobody: true)
    let limits = try String(contentsOfFile: "/proc/\(gateway.processID)/limits", encoding: .utf8)
    let core = try #require(limits.split(separator: "\n").first { $0.hasPrefix("Max core file") })
    #expect(core.split(separator: " ").dropFirst(4).prefix(2) == ["0", "0"], "\(core)")
    // What is not dumpable belongs to root, whoever runs it (proc(5)).
    let owner = try FileManager.default.attributesOfItem(atPath: "/proc/\(gateway.processID)/fd")
    #expect((owner[.ownerAccountID] as? NSNumber)?.intValue == 0)
    let status = try String(contentsOfFile: "/proc/\(gateway.processID)/status", encoding: .utf8)
    let user = try #require(status.split(separator: "\n").first { $0.hasPrefix("Uid:") })
    // Real and effective (proc(5)).
    #expect(!user.split(separator: "\t")[1...2].contains("0"), "\(user)")
  }

  private static func configuration(
    _ fixture: GatewayFixture, _ folder: Folder, _ sources: [String]
  ) throws -> String {
    let entries = try sources.map { name in
      let provider = try #require(SimulatedProvider(rawValue: name))
      return """
          - name: \(name)
            provider: \(name)
            baseURL: \(fixture.simulator.baseURL(provider))
            apiKey: \(fixture.simulator.apiKey(provider))
        """
    }
    return """
      listen: { port: 0 }
      auth: { tokens: [ { name: someone, tokenFile: \(folder.path("token")) } ] }
      limits: { headBytes: 32KiB }
      log: { level: info }
      sources:
      \(entries.joined(separator: "\n"))

      """
  }
}
