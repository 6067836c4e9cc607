import Glibc

/// Where to listen: a numeric IPv4 or IPv6 address, or `localhost`, and a port. 0 picks a free one.
package struct ListenAddress: Sendable, Equatable, CustomStringConvertible {
  package let host: String
  package var port: UInt16

  package init(host: String = "127.0.0.1", port: UInt16) {
    self.host = host
    self.port = port
  }

  /// As in a URL: IPv6 in brackets.
  package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

  var family: Int32 { host.contains(":") ? AF_INET6 : AF_INET }

  /// Calls `body` with the address for the kernel; nil when the host is neither numeric nor
  /// `localhost`: a listener that asked a resolver could end up on an interface nobody meant.
  func withSocketAddress<T>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> T) -> T? {
    let numeric = host == "localhost" ? "127.0.0.1" : host
    if family == AF_INET6 {
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_port = port.bigEndian
      guard inet_pton(AF_INET6, numeric, &address.sin6_addr) == 1 else { return nil }
      return withErasedPointer(to: address, body)
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    guard inet_pton(AF_INET, numeric, &address.sin_addr) == 1 else { return nil }
    return withErasedPointer(to: address, body)
  }

  private func withErasedPointer<A, T>(
    to address: A, _ body: (UnsafePointer<sockaddr>, socklen_t) -> T
  ) -> T {
    withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<A>.size))
      }
    }
  }
}

/// The text of a peer's address without its port. IPv4 that came through an IPv6 listener is
/// written as IPv4, so that one client has one name.
func peerText(_ storage: inout sockaddr_storage) -> String {
  withUnsafeBytes(of: &storage) { bytes in
    var offset = MemoryLayout<sockaddr_in>.offset(of: \.sin_addr) ?? 4
    var family = AF_INET
    if Int32(bytes.load(as: sa_family_t.self)) == AF_INET6 {
      offset = MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr) ?? 8
      family = AF_INET6
      let mapped = bytes[offset..<offset + 10].allSatisfy { $0 == 0 }
      if mapped, bytes[offset + 10] == 0xFF, bytes[offset + 11] == 0xFF {
        offset += 12
        family = AF_INET
      }
    }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
      let source = bytes.baseAddress.map { $0 + offset }
      let found = inet_ntop(family, source, text.baseAddress, socklen_t(text.count))
      return found.map { String(cString: $0) } ?? "unknown"
    }
  }
}
