import Foundation
import Simulator
import Testing

/// The real executable, started as an operator would, on a free port unless told otherwise.
final class GatewayProcess {
  /// The ready line.
  let line: String
  let port: UInt16
  private let process: Process
  private let errors = Pipe()

  /// - Parameter descriptors: how many the process may have; nil: as many as this one.
  init(_ environment: [String: String], descriptors: Int? = nil) throws {
    process = Self.made(["GATEWAY_PORT": "0"].merging(environment) { $1 }, ["serve"])
    if let descriptors, let program = process.executableURL?.path {
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      process.arguments = ["-c", "ulimit -n \(descriptors); exec \"$0\" serve", program]
    }
    let output = Pipe()
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    var line = ""
    while !line.hasSuffix("\n") {
      let data = try #require(try output.fileHandleForReading.read(upToCount: 1), "no ready line")
      line += String(decoding: data, as: UTF8.self)
    }
    self.line = line
    port = try #require(
      line.split(separator: ":").last.flatMap { UInt16($0.dropLast()) }, "\(line)")
  }

  deinit { if process.isRunning { process.terminate() } }

  /// Before a fixture's simulated upstreams.
  convenience init(
    _ fixture: GatewayFixture, _ more: [String: String] = [:], descriptors: Int? = nil
  ) throws {
    var environment = [
      "GATEWAY_AUTH": "none", "GATEWAY_LOG_LEVEL": "error",
      "GATEWAY_CURSOR_SECRET": "the-secret-that-all-replicas-share",
    ]
    for provider in SimulatedProvider.allCases {
      let name = provider.rawValue.uppercased()
      environment["\(name)_BASE_URL"] = fixture.simulator.baseURL(provider)
      environment["\(name)_API_KEY"] = fixture.simulator.apiKey(provider)
    }
    try self.init(environment.merging(more) { $1 }, descriptors: descriptors)
  }

  var exitStatus: Int32 { process.terminationStatus }

  /// Sends SIGTERM and waits for the end.
  func stop() {
    process.terminate()
    process.waitUntilExit()
  }

  /// The log, once it has ended; it must fit into a pipe.
  func log() throws -> String {
    stop()
    return String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  }

  /// Runs to the end: the exit status, and what was said on either output.
  static func run(
    _ arguments: [String], _ environment: [String: String]
  ) throws -> (status: Int32, output: String) {
    let process = made(environment, arguments)
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text)
  }

  private static func made(_ environment: [String: String], _ arguments: [String]) -> Process {
    let process = Process()
    let tests = URL(fileURLWithPath: CommandLine.arguments[0])
    process.executableURL = tests.deletingLastPathComponent()
      .appendingPathComponent("sessions-gateway")
    process.arguments = arguments
    process.environment = environment
    return process
  }
}
