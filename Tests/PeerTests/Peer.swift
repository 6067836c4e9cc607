import Foundation
import Glibc
import Support

/// A server of somebody else's, or ours as a process, started for one test and stopped with it.
final class Peer {
  /// Peers are packages that the other tests do without.
  static let isEnabled = ProcessInfo.processInfo.environment["PEER_TESTS"] != nil

  struct Failure: Error { var what: String }

  let folder: Folder
  private let process = Process()
  private let lastSignal: Int32

  /// - Parameters:
  ///   - environment: all of it; nil for that of the tests.
  ///   - arguments: gets the folder and gives the arguments; files may be written there.
  init(
    _ program: String, listeningOn ports: [UInt16], lastSignal: Int32,
    environment: [String: String]? = nil, arguments: (String) throws -> [String]
  ) throws {
    self.lastSignal = lastSignal
    folder = try Folder()
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let beside = (CommandLine.arguments[0] as NSString).deletingLastPathComponent
    let candidates = "\(path):/usr/sbin:\(beside)".split(separator: ":").map { "\($0)/\(program)" }
    guard let found = candidates.first(where: { access($0, X_OK) == 0 }) else {
      throw Failure(what: "\(program) is not installed")
    }
    process.executableURL = URL(fileURLWithPath: found)
    process.arguments = try arguments(folder.path)
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    if let environment { process.environment = environment }
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    for port in ports { try waitForListener(port) }
  }

  deinit {
    kill(process.processIdentifier, lastSignal)
    process.waitUntilExit()
  }

  func signal(_ number: Int32) { kill(process.processIdentifier, number) }

  /// A port of the system's choice; it is given back before the peer takes it.
  static func freePort() -> UInt16 {
    let listener = LoopbackServer.listening()
    close(listener.descriptor)
    return listener.port
  }

  /// Asks until somebody answers: of the peers one tells by its parent's exit that it listens, one in
  /// its output, and one not at all. A refused connect costs microseconds.
  private func waitForListener(_ port: UInt16) throws {
    let end = Date(timeIntervalSinceNow: 10)
    while process.isRunning, Date() < end {
      if (try? RawClient(port: port)) != nil { return }
      usleep(10_000)
    }
    throw Failure(what: "the peer does not listen on \(port)")
  }
}
