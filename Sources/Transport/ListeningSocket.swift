import CLinux
import Glibc

/// A bound and listening descriptor that no loop watches yet. `Listener` takes it over; one that is
/// never taken over must be closed.
package struct ListeningSocket: Sendable {
  let descriptor: Int32
  /// The port that was bound, also when 0 was asked for.
  package let port: UInt16

  /// Connections that the kernel holds for us until they are accepted; net.core.somaxconn caps it.
  private static let backlog: Int32 = 4096

  /// Opens one socket for each of `count` loops on the same port; the kernel spreads connections
  /// over them.
  ///
  /// - Parameter takeOver: another process may be listening already, and both then serve. Otherwise
  ///   a port that is taken throws `bind ADDRESS: Address already in use`: SO_REUSEPORT, by which
  ///   our own sockets share the port, would let a second process of the same user in silently.
  package static func open(
    _ address: ListenAddress, count: Int, takeOver: Bool = false
  ) throws(TransportError) -> [ListeningSocket] {
    var address = address
    if !takeOver, address.port != 0 {
      let probe = try bind(address, sharing: false)
      Glibc.close(probe)
    }
    var sockets: [ListeningSocket] = []
    do throws(TransportError) {
      while sockets.count < count {
        let socket = try open(address)
        sockets.append(socket)
        address.port = socket.port
      }
      return sockets
    } catch {
      for socket in sockets { socket.close() }
      throw error
    }
  }

  package func close() { Glibc.close(descriptor) }

  private static func open(_ address: ListenAddress) throws(TransportError) -> ListeningSocket {
    let descriptor = try bind(address, sharing: true)
    // Accepted sockets inherit it from the listening one, which saves a call for each.
    setOption(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY)
    guard listen(descriptor, backlog) == 0, let port = boundPort(descriptor) else {
      let code = errno
      Glibc.close(descriptor)
      throw .system(call: "listen on \(address)", errno: code)
    }
    return ListeningSocket(descriptor: descriptor, port: port)
  }

  private static func bind(
    _ address: ListenAddress, sharing: Bool
  ) throws(TransportError) -> Int32 {
    let type = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
    let descriptor = socket(address.family, Int32(type), 0)
    guard descriptor >= 0 else { throw .system(call: "socket", errno: errno) }
    // Connections of an earlier process in TIME_WAIT do not block the port.
    setOption(descriptor, SOL_SOCKET, SO_REUSEADDR)
    if sharing { setOption(descriptor, SOL_SOCKET, SO_REUSEPORT) }
    let bound = address.withSocketAddress { Glibc.bind(descriptor, $0, $1) }
    if bound == 0 { return descriptor }
    let code = bound == nil ? EINVAL : errno
    Glibc.close(descriptor)
    throw .system(call: "bind \(address)", errno: code)
  }

  private static func boundPort(_ descriptor: Int32) -> UInt16? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let status = withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(descriptor, $0, &length)
      }
    }
    guard status == 0 else { return nil }
    // The port lies at the same place in sockaddr_in and sockaddr_in6.
    return withUnsafeBytes(of: &storage) {
      UInt16(bigEndian: $0.load(fromByteOffset: 2, as: UInt16.self))
    }
  }

  private static func setOption(_ descriptor: Int32, _ level: Int32, _ option: Int32) {
    var on: Int32 = 1
    setsockopt(descriptor, level, option, &on, socklen_t(MemoryLayout<Int32>.size))
  }
}
