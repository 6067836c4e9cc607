import Glibc

/// What the text of an address says, without asking anybody.
enum NetworkAddress {
  /// 16 bytes; IPv4 as it is mapped into IPv6 (RFC 4291, section 2.5.5.2). Nil when it is none.
  static func bytes(_ text: String) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 16)
    if inet_pton(AF_INET6, text, &bytes) == 1 { return bytes }
    var four = [UInt8](repeating: 0, count: 4)
    guard inet_pton(AF_INET, text, &four) == 1 else { return nil }
    return [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF] + four
  }

  /// 127.0.0.0/8, ::1, and `localhost` (RFC 6761, section 6.3).
  static func isLoopback(_ host: String) -> Bool {
    guard let bytes = bytes(host) else { return host.lowercased() == "localhost" }
    if bytes.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF] { return bytes[12] == 127 }
    return bytes == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
  }

  /// An address, or one with the length of its network's prefix: `10.0.0.0/8`.
  static func isNetwork(_ text: String) -> Bool {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, bytes(String(first)) != nil else { return false }
    guard parts.count == 2 else { return true }
    guard let length = wholeNumber(parts[1]) else { return false }
    return length <= (first.contains(":") ? 128 : 32)
  }
}
