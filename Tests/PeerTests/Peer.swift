import Foundation
import Glibc

/// A server of somebody else's, or ours as a process, started for one test and stopped with it.
final class Peer {
  /// Peers are packages that the other tests do without.
  static let isEnabled = ProcessInfo.processInfo.environment["PEER_TESTS"] != nil

  struct Failure: Error { var what: String }

  let folder: String
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
    folder = NSTemporaryDirectory() + "peer-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let beside = (CommandLine.arguments[0] as NSString).deletingLastPathComponent
    let candidates = "\(path):/usr/sbin:\(beside)".split(separator: ":").map { "\($0)/\(program)" }
    guard let found = candidates.first(where: { access($0, X_OK) == 0 }) else {
      throw Failure(what: "\(program) is not installed")
    }
    process.executableURL = URL(fileURLWithPath: found)
    process.arguments = try arguments(folder)
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    if let environment { process.environment = environment }
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    for port in ports { try waitForListener(port) }
  }

  deinit {
    kill(process.processIdentifier, lastSignal)
    process.waitUntilExit()
    try? FileManager.default.removeItem(atPath: folder)
  }

  func signal(_ number: Int32) { kill(process.processIdentifier, number) }

  /// A port of the system's choice; it is given back before the peer takes it.
  static func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) + getsockname(descriptor, $0, &length)
      }
    }
    guard status == 0 else { throw Failure(what: "no free port") }
    return UInt16(bigEndian: address.sin_port)
  }

  /// Asks until somebody answers: of the peers one tells by its parent's exit that it listens, one in
  /// its output, and one not at all. A refused connect costs microseconds.
  private func waitForListener(_ port: UInt16) throws {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let end = Date(timeIntervalSinceNow: 10)
    while process.isRunning, Date() < end {
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      defer { close(descriptor) }
      let status = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      if status == 0 { return }
      usleep(10_000)
    }
    throw Failure(what: "the peer does not listen on \(port)")
  }
}
