import CLinux
import Glibc

/// Where to connect to: one `sockaddr`, ready for the kernel.
package struct RemoteAddress: Hashable, Sendable, CustomStringConvertible {
  package let isIPv6: Bool
  private let bytes: [UInt8]

  /// A copy of a `sockaddr`; nil when it is neither IPv4 nor IPv6.
  init?(_ address: UnsafePointer<sockaddr>, length: socklen_t) {
    switch Int32(address.pointee.sa_family) {
    case AF_INET: isIPv6 = false
    case AF_INET6: isIPv6 = true
    default: return nil
    }
    bytes = Array(UnsafeRawBufferPointer(start: address, count: Int(length)))
  }

  /// A numeric address, such as `127.0.0.1` or `::1`; nil when `host` is a name.
  package init?(numeric host: String, port: UInt16) {
    guard
      case .success(let found) = Self.lookUp(host: host, port: port, flags: AI_NUMERICHOST),
      let first = found.first
    else { return nil }
    self = first
  }

  package var description: String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(NI_MAXHOST)) { text in
      let status = withSocketAddress { address, length in
        getnameinfo(
          address, length, text.baseAddress, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
      }
      guard status == 0, let start = text.baseAddress else { return "unknown" }
      return String(cString: start)
    }
  }

  func withSocketAddress<T>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> T) -> T {
    var storage = sockaddr_storage()
    // `bytes` was copied from a sockaddr_in or sockaddr_in6, both of which fit.
    withUnsafeMutableBytes(of: &storage) { $0.copyBytes(from: bytes.prefix($0.count)) }
    return withUnsafePointer(to: &storage) { storage in
      storage.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(bytes.count))
      }
    }
  }

  /// Asks the system's resolver; blocks, unless `flags` says that the host is numeric.
  static func lookUp(
    host: String, port: UInt16, flags: Int32 = 0
  ) -> Result<[RemoteAddress], TransportError> {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = flags | AI_NUMERICSERV
    var list: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(host, String(port), &hints, &list)
    guard status == 0 else {
      return .failure(.lookup(reason: "\(host): \(String(cString: gai_strerror(status)))"))
    }
    defer { freeaddrinfo(list) }
    var addresses: [RemoteAddress] = []
    var next = list
    while let info = next?.pointee {
      if let socketAddress = info.ai_addr,
        let address = RemoteAddress(socketAddress, length: info.ai_addrlen),
        !addresses.contains(address)
      {
        addresses.append(address)
      }
      next = info.ai_next
    }
    guard !addresses.isEmpty else {
      return .failure(.lookup(reason: "\(host): no IPv4 or IPv6 address"))
    }
    return .success(addresses)
  }
}
