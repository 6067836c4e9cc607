import Foundation
import Glibc

/// One blocking connection to a port on loopback that sends and reads literal bytes.
final class LoopbackClient {
  struct Failure: Error {
    var call: String
    var code: Int32
  }

  private let descriptor: Int32

  /// - Parameter url: ends in the port.
  init(_ url: String) throws {
    let port = UInt16(url.split(separator: ":").last ?? "") ?? 0
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw Failure(call: "socket", code: errno) }
    // So that a server that fails to answer fails the test instead of holding it up.
    var limit = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let connected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else { throw Failure(call: "connect", code: errno) }
  }

  deinit { close(descriptor) }

  func send(_ text: String) throws {
    let bytes = Array(text.utf8)
    let count = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    guard count == bytes.count else { throw Failure(call: "send", code: errno) }
  }

  /// Everything until the server closes, a reset included.
  func readToEnd() throws -> Data {
    var answer = Data()
    var piece = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(descriptor, &piece, piece.count, 0)
      if count == 0 || (count < 0 && errno == ECONNRESET) { return answer }
      guard count > 0 else { throw Failure(call: "recv", code: errno) }
      answer.append(contentsOf: piece[..<count])
    }
  }
}
