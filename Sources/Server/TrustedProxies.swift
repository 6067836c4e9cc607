package import HTTP
package import Transport

/// The proxies whose word on a caller's address is taken, and how it is read.
///
/// Only `X-Forwarded-For`, to which proxies append: a proxy that knows nothing of `Forwarded` passes
/// a client's own on.
package struct TrustedProxies: Sendable {
  private var networks: [IPNetwork] = []

  package init() {}

  /// Addresses and networks; those that are neither are left out.
  package init(_ networks: [String]) { self.networks = networks.compactMap { IPNetwork($0) } }

  package var isEmpty: Bool { networks.isEmpty }

  package func contains(_ address: IPAddress) -> Bool {
    networks.contains { $0.contains(address) }
  }

  /// Whose request a trusted proxy passes on: the rightmost address that is not a trusted proxy's.
  /// What stands left of it, or of a value that is no address, is the client's own word.
  /// Nil when there is no such address: the request is the proxies' own.
  package func client(_ fields: Fields) -> IPAddress? {
    for element in fields.elements("x-forwarded-for").reversed() {
      guard let address = Self.address(element) else { return nil }
      if !contains(address) { return address }
    }
    return nil
  }

  /// An address alone, as most proxies write it, or with a port: `192.0.2.1:80`, `[2001:db8::1]:80`.
  private static func address(_ element: String) -> IPAddress? {
    if let address = IPAddress(element) { return address }
    if element.hasPrefix("[") {
      let parts = element.dropFirst().split(
        separator: "]", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, parts[0].contains(":"), parts[1].isEmpty || isPort(parts[1]) else {
        return nil
      }
      return IPAddress(parts[0])
    }
    guard let colon = element.firstIndex(of: ":"), isPort(element[colon...]) else { return nil }
    return IPAddress(element[..<colon])
  }

  private static func isPort(_ text: Substring) -> Bool {
    text.first == ":" && UInt16(text.dropFirst()) != nil
  }
}
