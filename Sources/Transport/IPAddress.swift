import Glibc

/// A numeric address, as it is compared and counted: IPv4 as it is mapped into IPv6 (RFC 4291,
/// 2.5.5.2), so that one client is one address whichever way it came.
package struct IPAddress: Hashable, Sendable, CustomStringConvertible {
  private var high: UInt64
  private var low: UInt64

  /// Reads `192.0.2.1` or `2001:db8::1`; nil when it is neither. Asks nobody.
  package init?(_ text: some StringProtocol) {
    // The longest is 45 bytes (RFC 4291, 2.2.3); a NUL would end the text early.
    guard text.utf8.count <= 45, !text.utf8.contains(0) else { return nil }
    var six = in6_addr()
    if inet_pton(AF_INET6, String(text), &six) == 1 {
      (high, low) = withUnsafeBytes(of: &six) {
        (
          UInt64(bigEndian: $0.load(as: UInt64.self)),
          UInt64(bigEndian: $0.load(fromByteOffset: 8, as: UInt64.self))
        )
      }
      return
    }
    var four = in_addr()
    guard inet_pton(AF_INET, String(text), &four) == 1 else { return nil }
    (high, low) = (0, 0xFFFF_0000_0000 | UInt64(UInt32(bigEndian: four.s_addr)))
  }

  package var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

  /// 127.0.0.0/8 and ::1.
  package var isLoopback: Bool { isIPv4 ? low >> 24 & 0xFF == 127 : high == 0 && low == 1 }

  /// What one client is given: an IPv4 address, or an IPv6 network of 64 bits (RFC 6177), whose
  /// addresses it can change at will.
  package var ofOneClient: IPAddress { isIPv4 ? self : masked(to: 64) }

  package var description: String {
    var six = in6_addr()
    withUnsafeMutableBytes(of: &six) {
      $0.storeBytes(of: high.bigEndian, as: UInt64.self)
      $0.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
    }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
      let found = withUnsafeBytes(of: &six) { bytes in
        let start = bytes.baseAddress.map { isIPv4 ? $0 + 12 : $0 }
        return inet_ntop(
          isIPv4 ? AF_INET : AF_INET6, start, text.baseAddress, socklen_t(text.count))
      }
      return found.map { String(cString: $0) } ?? "unknown"
    }
  }

  /// - Parameter length: bits of the 128 that stay, from 0 to 128.
  fileprivate func masked(to length: Int) -> IPAddress {
    var masked = self
    // Shifts beyond the width give 0.
    masked.high &= UInt64.max << UInt64(max(0, 64 - length))
    masked.low &= UInt64.max << UInt64(max(0, min(64, 128 - length)))
    return masked
  }
}

/// A network of addresses: `10.0.0.0/8`, `2001:db8::/32`, or one address alone.
package struct IPNetwork: Sendable {
  private let first: IPAddress
  private let length: Int

  /// Nil when the text is no address, or its length is none. Bits beyond the length are ignored.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = parts.first.flatMap({ IPAddress($0) }) else { return nil }
    let isIPv6 = parts[0].contains(":")
    var length = isIPv6 ? 128 : 32
    if parts.count == 2 {
      guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let given = Int(parts[1]),
        given <= length
      else { return nil }
      length = given
    }
    self.length = isIPv6 ? length : length + 96
    first = address.masked(to: self.length)
  }

  package func contains(_ address: IPAddress) -> Bool { address.masked(to: length) == first }
}
