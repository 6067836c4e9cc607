import Foundation

/// The real executable in demo mode, on a free port, and a folder to run things in.
final class DemoGateway {
  let base: String
  private let folder: String
  private let process = Process()
  private static let programs = URL(fileURLWithPath: CommandLine.arguments[0])
    .deletingLastPathComponent()

  init() throws {
    folder = NSTemporaryDirectory() + "demo-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    process.executableURL = Self.programs.appendingPathComponent("sessions-gateway")
    process.arguments = ["serve", "--demo"]
    process.environment = ["GATEWAY_PORT": "0", "GATEWAY_LOG_LEVEL": "error"]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    var line = ""
    while !line.hasSuffix("\n") {
      guard let data = try output.fileHandleForReading.read(upToCount: 1), !data.isEmpty else {
        throw Peer.Failure(what: "the gateway does not say that it listens")
      }
      line += String(decoding: data, as: UTF8.self)
    }
    base = String(line.dropFirst("listening on ".count).dropLast())
  }

  deinit {
    process.terminate()
    process.waitUntilExit()
    try? FileManager.default.removeItem(atPath: folder)
  }

  struct Run {
    var status: Int32
    var output: String
    var errors: String
  }

  /// Runs a script in the folder: with the gateway's address in `GATEWAY`, and its program in the path.
  func run(_ script: String, in language: String) throws -> Run {
    let interpreters = [
      "sh": ("bash -euo pipefail", "sh"), "python": ("python3", "py"),
      "javascript": ("node", "mjs"),
    ]
    guard let (interpreter, suffix) = interpreters[language] else {
      throw Peer.Failure(what: "nothing runs \(language)")
    }
    try script.write(toFile: "\(folder)/recipe.\(suffix)", atomically: true, encoding: .utf8)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", "exec timeout 60 \(interpreter) recipe.\(suffix) 2> errors"]
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    process.environment = ["GATEWAY": base, "PATH": "\(Self.programs.path):\(path)"]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return Run(
      status: process.terminationStatus, output: String(decoding: text, as: UTF8.self),
      errors: (try? String(contentsOfFile: "\(folder)/errors", encoding: .utf8)) ?? "")
  }
}
