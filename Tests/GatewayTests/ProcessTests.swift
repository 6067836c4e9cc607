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
    let gateway = try ServedProcess(["--config", folder.path("gateway.yaml")])
    let client = GatewayClient(port: gateway.port)
    let first = ["Authorization": "Bearer the-first-token-of-all"]
    let second = ["Authorization": "Bearer the-second-token-of-all"]
    let page = try client.page("limit=5", first)
    #expect(page.sourceNames == ["anam"])

    // Sources, a token in a file of its own, the log's level.
    try folder.write("token", "the-second-token-of-all")
    try folder.write("gateway.yaml", Self.configuration(fixture, folder, ["anam", "athena"]))
    gateway.signal(SIGHUP)
    try fixture.wait(until: { try client.get("/v1/sources", second).status == 200 })
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
    try fixture.wait(until: { try Samples(client, second)[name] == 0 })
    #expect(try client.page("limit=5", second).sourceNames == ["anam", "athena"])

    // What only a restart changes is said.
    try folder.write(
      "gateway.yaml",
      try Self.configuration(fixture, folder, ["anam"]).replacing("port: 0", with: "port: 1"))
    gateway.signal(SIGHUP)
    try fixture.wait(until: { try Samples(client, second)[name] == 1 })
    #expect(try client.page("limit=5", second).sourceNames == ["anam"])

    gateway.stop()
    #expect(gateway.exitStatus == 0)
    let log = gateway.errors
    #expect(log.contains("configuration reloaded") && log.contains("added=athena"), "\(log)")
    #expect(log.contains("not reloaded: ") && log.contains("limitz"), "\(log)")
    #expect(log.contains("loud"), "\(log)")
    #expect(log.contains("listen.port has changed"), "\(log)")
    for secret in [fixture.simulator.apiKey(.anam), "the-first-token", "the-second-token"] {
      #expect(!log.contains(secret), "\(log)")
    }
  }

  @Test(.timeLimit(.minutes(10))) func noCoreCanBeWrittenAndNobodyMayDump() throws {
    let gateway = try ServedProcess(["--demo"], asNobody: true)
    let limits = try String(contentsOfFile: "/proc/\(gateway.processID)/limits", encoding: .utf8)
    let core = try #require(limits.split(separator: "\n").first { $0.hasPrefix("Max core file") })
    #expect(core.split(separator: " ").dropFirst(4).prefix(2) == ["0", "0"], "\(core)")
    // What is not dumpable belongs to root, whoever runs it (proc(5)).
    let owner = try FileManager.default.attributesOfItem(atPath: "/proc/\(gateway.processID)/fd")
    #expect((owner[.ownerAccountID] as? NSNumber)?.intValue == 0)
    #expect(try gateway.user() != 0)
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

/// A folder that lasts as long as a test.
final class Folder {
  private let url = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString)")

  init() throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appending(path: name).path }

  func write(_ name: String, _ text: String) throws {
    try Data(text.utf8).write(to: url.appending(path: name))
  }
}

/// The gateway as an operator starts it; it ends with this.
final class ServedProcess {
  let port: UInt16
  private let process = Process()
  private let said = Pipe()
  private var folder: Folder?
  private(set) var errors = ""

  /// - Parameter asNobody: whether it runs as a user without rights where the tests run as root.
  init(_ arguments: [String], asNobody: Bool = false) throws {
    let tests = URL(fileURLWithPath: CommandLine.arguments[0])
    var program = tests.deletingLastPathComponent().appendingPathComponent("sessions-gateway")
    if asNobody, geteuid() == 0 {
      // Where that user can reach it.
      let folder = try Folder()
      self.folder = folder
      let copy = URL(fileURLWithPath: folder.path("sessions-gateway"))
      try FileManager.default.copyItem(at: program, to: copy)
      program = copy
      process.executableURL = URL(fileURLWithPath: "/usr/bin/setpriv")
      process.arguments =
        ["--reuid=65534", "--regid=65534", "--clear-groups", program.path, "serve"] + arguments
    } else {
      process.executableURL = program
      process.arguments = ["serve"] + arguments
    }
    process.environment = arguments.contains("--demo") ? ["GATEWAY_PORT": "0"] : [:]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = said
    try process.run()
    var line = ""
    while !line.hasSuffix("\n") {
      let data = try #require(try output.fileHandleForReading.read(upToCount: 1), "no ready line")
      line += String(decoding: data, as: UTF8.self)
    }
    port = try #require(
      line.split(separator: ":").last.flatMap { UInt16($0.dropLast()) }, "\(line)")
  }

  deinit { if process.isRunning { process.terminate() } }

  var processID: Int32 { process.processIdentifier }

  /// Its effective user.
  func user() throws -> Int {
    let status = try String(contentsOfFile: "/proc/\(processID)/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("Uid:") })
    return try #require(Int(line.split(separator: "\t")[2]))
  }

  var exitStatus: Int32 { process.terminationStatus }

  func signal(_ number: Int32) { kill(process.processIdentifier, number) }

  /// What it said must fit into a pipe.
  func stop() {
    process.terminate()
    errors = String(decoding: said.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
  }
}
