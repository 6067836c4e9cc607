import Foundation

/// The real executable as an operator would start it: `serve` in a process of its own, which ends with this.
package final class GatewayProcess {
  package struct Failure: Error { package let what: String }

  /// Where the build puts it: beside the tests.
  package static let program = URL(fileURLWithPath: CommandLine.arguments[0])
    .deletingLastPathComponent().appendingPathComponent("sessions-gateway").path

  /// Where it listens, as its ready line says.
  package let address: String
  package let port: UInt16
  /// What it said on standard error, once it has been stopped; it must fit into a pipe.
  package private(set) var log = ""
  private let process = Process()
  private let errors = Pipe()
  private var folder: Folder?

  /// - Parameters:
  ///   - environment: all of it.
  ///   - descriptors: how many the process may have; nil: as many as this one.
  ///   - asNobody: whether it runs as a user without rights where the tests run as root.
  package init(
    _ environment: [String: String], _ arguments: [String] = [], descriptors: Int? = nil,
    asNobody: Bool = false
  ) throws {
    var command = [Self.program, "serve"] + arguments
    if asNobody, geteuid() == 0 {
      // Where that user can reach it.
      let folder = try Folder()
      self.folder = folder
      command[0] = folder.path("sessions-gateway")
      try FileManager.default.copyItem(atPath: Self.program, toPath: command[0])
      command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] + command
    }
    if let descriptors {
      command = ["sh", "-c", "ulimit -n \(descriptors); exec \"$@\"", "sh"] + command
    }
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.environment = environment
    let output = Pipe()
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    var line = ""
    while !line.hasSuffix("\n") {
      guard let data = try output.fileHandleForReading.read(upToCount: 1), !data.isEmpty else {
        throw Failure(what: "no ready line")
      }
      line += String(decoding: data, as: UTF8.self)
    }
    let said = "listening on "
    guard line.hasPrefix(said), let port = UInt16(line.split(separator: ":").last?.dropLast() ?? "")
    else { throw Failure(what: line) }
    address = String(line.dropFirst(said.count).dropLast())
    self.port = port
  }

  deinit { stop() }

  package var processID: Int32 { process.processIdentifier }

  package var exitStatus: Int32 { process.terminationStatus }

  package func signal(_ number: Int32) { kill(processID, number) }

  /// Sends SIGTERM and waits for the end.
  package func stop() {
    guard process.isRunning else { return }
    process.terminate()
    log = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
  }

  /// Runs a command of the executable to its end.
  package static func run(_ command: String, _ environment: [String: String]) throws -> Command {
    try Command([program, command], environment: environment, seconds: 60)
  }
}
