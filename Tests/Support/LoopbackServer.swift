import Foundation
import Glibc

/// A listening socket on loopback, at a port of the system's choice, and a thread for each connection.
/// It ends with its owner; connections end by themselves.
package final class LoopbackServer: Sendable {
  package let port: UInt16
  private let listener: Int32
  private let serve: @Sendable (Int32) -> Void

  /// - Parameters:
  ///   - startsAtOnce: otherwise connections are refused until `start()`.
  ///   - serve: owns the descriptor that it is given. It must not hold this object.
  package init(startsAtOnce: Bool = true, serve: @escaping @Sendable (Int32) -> Void) {
    (listener, port) = Self.bound()
    self.serve = serve
    signal(SIGPIPE, SIG_IGN)
    if startsAtOnce { start() }
  }

  /// The accepting thread, which may be using it, closes the listener.
  deinit { shutdown(listener, Int32(SHUT_RDWR)) }

  package func start() {
    guard listen(listener, 64) == 0 else { return }
    Thread.detachNewThread { [listener, serve] in
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return _ = close(listener) }
        Thread.detachNewThread { serve(connection) }
      }
    }
  }

  /// Lets connects hang from now on until `start()`: the queue of those that nobody accepts is full.
  package func stall() {
    listen(listener, 0)
    for _ in 0..<4 {
      let filler = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
      _ = Self.connect(filler, to: port)
    }
  }

  /// What connect(2) says.
  static func connect(_ descriptor: Int32, to port: UInt16) -> Int32 {
    var address = address(port)
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }

  /// A bound, listening socket on loopback that nobody accepts from.
  package static func listening() -> (descriptor: Int32, port: UInt16) {
    let made = bound()
    precondition(listen(made.descriptor, 64) == 0)
    return made
  }

  private static func bound() -> (descriptor: Int32, port: UInt16) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = address(0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        precondition(bind(descriptor, $0, length) == 0)
        getsockname(descriptor, $0, &length)
      }
    }
    return (descriptor, UInt16(bigEndian: address.sin_port))
  }

  private static func address(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }
}
