import Foundation
import Support

/// The real executable in demo mode, and a folder to run things in.
struct DemoGateway {
  private let gateway: GatewayProcess
  private let folder: Folder

  init() throws {
    gateway = try GatewayProcess(["GATEWAY_PORT": "0", "GATEWAY_LOG_LEVEL": "error"], ["--demo"])
    folder = try Folder()
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
    try folder.write("recipe.\(suffix)", script)
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let programs = (GatewayProcess.program as NSString).deletingLastPathComponent
    let command = try Command(
      ["bash", "-c", "cd \(folder.path); exec \(interpreter) recipe.\(suffix) 2> errors"],
      environment: ["GATEWAY": gateway.address, "PATH": "\(programs):\(path)"], seconds: 60)
    return Run(
      status: command.status, output: command.output,
      errors: try String(contentsOfFile: folder.path("errors"), encoding: .utf8))
  }
}
