import Foundation
import Glibc
import Transport

/// Remembers request lines as the bytes came and answers each with 404: nothing of ours judges them
/// first. A connection a request; ends with its holder.
final class RawUpstream {
  struct Failure: Error {}

  let baseURL: String
  private let descriptor: Int32
  private let lines = Lines()

  private final class Lines: Sendable { let all = Guarded<[String]>([]) }

  init() throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    self.descriptor = descriptor
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && listen(descriptor, 16) == 0
          && getsockname(descriptor, $0, &length) == 0
      }
    }
    baseURL = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
    guard isListening else {
      close(descriptor)
      throw Failure()
    }
    let lines = lines
    Thread.detachNewThread { RawUpstream.serve(descriptor, lines) }
  }

  deinit {
    // Wakes the thread in `accept`, which closes.
    shutdown(descriptor, Int32(SHUT_RDWR))
  }

  var requestLines: [String] { lines.all.withLock { $0 } }

  private static func serve(_ listener: Int32, _ lines: Lines) {
    let answer = Array(
      "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}".utf8)
    while true {
      let connection = accept(listener, nil, nil)
      guard connection >= 0 else { break }
      var head: [UInt8] = []
      var chunk = [UInt8](repeating: 0, count: 4_096)
      while !String(decoding: head, as: UTF8.self).contains("\r\n\r\n") {
        let count = recv(connection, &chunk, chunk.count, 0)
        guard count > 0 else { break }
        head += chunk[..<count]
      }
      let text = String(decoding: head, as: UTF8.self)
      if let line = text.components(separatedBy: "\r\n").first, !line.isEmpty {
        lines.all.withLock { $0.append(line) }
      }
      _ = send(connection, answer, answer.count, Int32(MSG_NOSIGNAL))
      close(connection)
    }
    close(listener)
  }
}
