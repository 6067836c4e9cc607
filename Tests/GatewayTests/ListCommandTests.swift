import Foundation
import Gateway
import Glibc
import Simulator
import Support
import Testing

/// `list` as an operator starts it: the real executable, its exit status and its streams.
@Suite(.timeLimit(.minutes(10))) struct ListCommandTests {
  @Test func aPageComesWithoutAServer() throws {
    let fixture = try GatewayFixture(sessions: 20)
    let run = try command("list --format ndjson --limit 5", fixture)
    #expect(run.status == 0)
    #expect(run.output == (try fixture.client.get("/v1/sessions?limit=5&format=ndjson").body))
    #expect(run.errors.hasPrefix("sessions-gateway: there are more: --all reads them, --cursor "))
    // The image listens on all addresses; who may ask there is no matter here.
    let open = try command("list --limit 1", fixture, ["GATEWAY_HOST": "0.0.0.0"])
    #expect(open.status == 0)
  }

  @Test func aReaderMayCloseThePipe() throws {
    let fixture = try GatewayFixture(sessions: 300)
    let run = try command("list --all --limit 1 --format ndjson | head -n 1", fixture)
    #expect(run.status == 0)
    #expect(run.errors == "")
    #expect(run.output.split(separator: "\n").count == 1)
  }

  @Test(arguments: [
    ("list --nothing", 64), ("list --limit 0", 64), ("list --cursor x", 64),
    ("list --format json", 64), ("list word", 64), ("list --help", 0),
    ("list --config /nothing/there.yaml", 78),
  ])
  func theExitStatusSaysWhatWasWrong(words: String, status: Int32) throws {
    let fixture = try GatewayFixture(sessions: 1)
    let run = try command(words, fixture)
    #expect(run.status == status, "\(run.output)\(run.errors)")
    #expect(fixture.requestCount == 0)
  }

  @Test func withoutASourceTheConfigurationIsWrong() throws {
    let run = try command("list", nil)
    #expect(run.status == 78)
    #expect(run.errors.contains("--demo"))
  }

  @Test func failuresOfSourcesHaveTheirOwnStatus() throws {
    let fixture = try GatewayFixture(sessions: 5)
    fixture.setFault(.status(400, nil), at: [.anam])
    #expect(try command("list", fixture).status == 75)
    fixture.setFault(.status(400, nil))
    #expect(try command("list", fixture).status == 69)
  }

  @Test func demoModeNeedsNothing() throws {
    let run = try command("list --demo --limit 3", nil)
    #expect(run.status == 0)
    #expect(run.output.split(separator: "\n").count == 4)
    #expect(run.errors == "sessions-gateway: there are more: --all reads them\n")
  }

  @Test func aTerminalGetsItsWidthAndColor() throws {
    let fixture = try GatewayFixture(sessions: 30)
    for (environment, width, hasColor) in [
      (["TERM": "xterm"], 90, true), (["TERM": "xterm", "NO_COLOR": "1"], 90, false),
      (["TERM": "xterm", "COLUMNS": "60"], 60, true), (["TERM": "dumb"], 90, false),
    ] {
      let shown = try terminal("list --limit 30", fixture, environment, columns: 90)
      #expect(shown.contains("\u{1B}[1m") == hasColor)
      var plain = shown
      for code in ["\u{1B}[1m", "\u{1B}[0m", "\u{1B}[2m"] + (31...33).map({ "\u{1B}[\($0)m" }) {
        plain = plain.replacingOccurrences(of: code, with: "")
      }
      let lines = plain.components(separatedBy: "\r\n").prefix(31)
      #expect(lines.count == 31)
      #expect(lines.allSatisfy { TerminalText.width($0) <= width })
      #expect(lines.contains { TerminalText.width($0) > width - 20 })
    }
  }

  // MARK: Running it

  private struct Run {
    var status: Int32
    var output: String
    var errors: String
  }

  private func process(
    _ words: String, _ fixture: GatewayFixture?, _ environment: [String: String]
  ) -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-o", "pipefail", "-c", "\(GatewayProcess.program) \(words)"]
    var all = environment.merging(fixture?.environment ?? [:]) { $1 }
    all["PATH"] = ProcessInfo.processInfo.environment["PATH"]
    process.environment = all
    process.standardInput = FileHandle.nullDevice
    return process
  }

  private func command(
    _ words: String, _ fixture: GatewayFixture?, _ environment: [String: String] = [:]
  ) throws -> Run {
    let process = process(words, fixture, environment)
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    // What is said on standard error fits into the pipe.
    let text = try output.fileHandleForReading.readToEnd() ?? Data()
    let said = try errors.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return Run(
      status: process.terminationStatus, output: String(decoding: text, as: UTF8.self),
      errors: String(decoding: said, as: UTF8.self))
  }

  /// What a terminal of so many columns is sent.
  private func terminal(
    _ words: String, _ fixture: GatewayFixture, _ environment: [String: String], columns: UInt16
  ) throws -> String {
    var (leader, follower): (Int32, Int32) = (-1, -1)
    var size = winsize(ws_row: 40, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    try #require(openpty(&leader, &follower, nil, nil, &size) == 0)
    let process = process(words, fixture, environment)
    process.standardOutput = FileHandle(fileDescriptor: follower, closeOnDealloc: false)
    process.standardError = FileHandle.nullDevice
    try process.run()
    close(follower)
    var shown: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4_096)
    while true {
      // EIO once nobody holds the other side.
      let count = read(leader, &chunk, chunk.count)
      guard count > 0 else { break }
      shown += chunk[..<count]
    }
    close(leader)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return String(decoding: shown, as: UTF8.self)
  }
}
