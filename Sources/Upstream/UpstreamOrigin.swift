/// Where a source lives: scheme, host, port, and the path that every target is put behind. Requests,
/// and the credential with them, go to this origin and to no other.
package struct UpstreamOrigin: Sendable, Hashable {
  package let isSecure: Bool
  /// A name or a numeric address; IPv6 without its brackets.
  package let host: String
  package let port: UInt16
  /// Empty, or begins with a slash and does not end with one.
  package let pathPrefix: String
  /// What `Host` says: the port only where it is not the scheme's.
  package let authority: String

  package struct Mistake: Error, Equatable {
    package var reason: String
  }

  /// Reads `https://HOST[:PORT][/PATH]`, or the same with `http`.
  package init(_ text: String) throws(Mistake) {
    let rest: Substring
    if text.hasPrefix("https://") {
      isSecure = true
      rest = text.dropFirst(8)
    } else if text.hasPrefix("http://") {
      isSecure = false
      rest = text.dropFirst(7)
    } else {
      throw Mistake(reason: "must begin with https:// or http://")
    }
    guard rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw Mistake(reason: "must be visible ASCII")
    }
    guard !rest.contains(where: { "?#@\\\"<>".contains($0) }) else {
      throw Mistake(reason: "must not hold user information, a query or a fragment")
    }
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    var path = rest[slash...]
    while path.last == "/" { path.removeLast() }
    pathPrefix = String(path)
    let (host, port) = try Self.hostAndPort(rest[..<slash])
    self.host = host.lowercased()
    let schemePort: UInt16 = isSecure ? 443 : 80
    self.port = port ?? schemePort
    let bracketed = host.contains(":") ? "[\(self.host)]" : self.host
    authority = self.port == schemePort ? bracketed : "\(bracketed):\(self.port)"
  }

  private static func hostAndPort(
    _ authority: Substring
  ) throws(Mistake) -> (Substring, UInt16?) {
    let host: Substring
    let after: Substring
    if authority.first == "[" {
      guard let end = authority.firstIndex(of: "]") else {
        throw Mistake(reason: "has no ] after the address")
      }
      host = authority[..<end].dropFirst()
      after = authority[authority.index(after: end)...]
      guard host.contains(":"), host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else {
        throw Mistake(reason: "has no IPv6 address between [ and ]")
      }
    } else {
      let colon = authority.firstIndex(of: ":") ?? authority.endIndex
      host = authority[..<colon]
      after = authority[colon...]
      guard !host.isEmpty, host.count <= 253,
        host.allSatisfy({ $0.isLetter || $0.isNumber || "-._".contains($0) })
      else { throw Mistake(reason: "has no valid host") }
    }
    if after.isEmpty { return (host, nil) }
    guard after.first == ":", after.dropFirst().allSatisfy({ $0.isNumber }),
      let port = UInt16(after.dropFirst()), port > 0
    else { throw Mistake(reason: "has no valid port (1-65535)") }
    return (host, port)
  }
}
