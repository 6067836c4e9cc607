import Foundation
import Glibc
import Transport

/// A server that writes literal bytes, on a thread of its own and a port of the system's choice: what
/// it says is what the test wrote down, whether a sane server would or not.
final class ScriptedServer: Sendable {
  enum Step: Sendable {
    /// Reads to the end of a request head.
    case request
    case send(String)
    case sendBytes([UInt8])
    /// Ends the connection with a reset.
    case reset
    /// Waits until the client ends the connection.
    case hang
  }

  private struct Seen {
    var requests: [String] = []
    var connections = 0
    var sends = 0
    var ended = 0
  }

  let port: UInt16
  private let listener: Int32
  // Not `Mutex`, whose waiting ThreadSanitizer does not see: it would report races that are none.
  private let lock = NSLock()
  nonisolated(unsafe) private var unlockedSeen = Seen()

  /// Serves one script per connection, in order; the last one serves all that follow. A connection
  /// ends with its script.
  convenience init(_ scripts: [Step]...) { self.init(scripts: scripts) }

  init(scripts: [[Step]]) {
    let made = Self.listen()
    listener = made.descriptor
    port = made.port
    let descriptor = listener
    Thread.detachNewThread { [weak self] in
      var index = 0
      while true {
        let connection = accept(descriptor, nil, nil)
        guard connection >= 0, let server = self else {
          if connection >= 0 { close(connection) }
          close(descriptor)
          return
        }
        let script = scripts[min(index, scripts.count - 1)]
        index += 1
        server.seen { $0.connections += 1 }
        Thread.detachNewThread { server.run(script, connection) }
      }
    }
  }

  /// The accepting thread, which may be using it, closes the listener.
  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
  }

  var requests: [String] { seen { $0.requests } }
  var connections: Int { seen { $0.connections } }
  /// Scripts run to their end.
  var ended: Int { seen { $0.ended } }
  /// Sends done: on loopback what was sent has arrived.
  var sends: Int { seen { $0.sends } }

  /// A bound, listening socket on loopback.
  static func listen(backlog: Int32 = 64) -> (descriptor: Int32, port: UInt16) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        precondition(bind(descriptor, $0, length) == 0 && Glibc.listen(descriptor, backlog) == 0)
        getsockname(descriptor, $0, &length)
      }
    }
    return (descriptor, UInt16(bigEndian: address.sin_port))
  }

  private func seen<T>(_ body: (inout Seen) -> T) -> T {
    lock.withLock { body(&unlockedSeen) }
  }

  private func run(_ script: [Step], _ connection: Int32) {
    for step in script {
      switch step {
      case .request:
        guard let request = Self.readHead(connection) else { return _ = close(connection) }
        seen { $0.requests.append(request) }
      case .send(let text): write(Array(text.utf8), connection)
      case .sendBytes(let bytes): write(bytes, connection)
      case .reset:
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(
          connection, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
      case .hang:
        var byte: UInt8 = 0
        while recv(connection, &byte, 1, 0) > 0 {}
      }
    }
    seen { $0.ended += 1 }
    close(connection)
  }

  private static func readHead(_ connection: Int32) -> String? {
    var head: [UInt8] = []
    var byte: UInt8 = 0
    while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
      guard recv(connection, &byte, 1, 0) == 1 else { return nil }
      head.append(byte)
    }
    return String(decoding: head, as: UTF8.self)
  }

  private func write(_ bytes: [UInt8], _ connection: Int32) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
    seen { $0.sends += 1 }
  }
}
