import Sessions

/// Who may ask. The token itself is not kept, only its digest.
package struct CallerToken: Sendable, Hashable {
  /// What a caller may see beyond the sessions themselves.
  package struct Permissions: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Participants' e-mail addresses and telephone numbers, and previews of messages.
    package static let contact = Permissions(rawValue: 1)
    /// The providers' own objects, which hold those too.
    package static let raw = Permissions(rawValue: 2 | 1)

    static let names: [(name: String, permission: Permissions)] = [
      ("contact", .contact), ("raw", .raw),
    ]
  }

  /// For logs and limits; unique.
  package var name: String
  /// 32 bytes.
  package var sha256: [UInt8]
  package var permissions: Permissions
  /// Nil: no limit of its own.
  package var requestsPerSecond: Int?

  package init(
    name: String, sha256: [UInt8], permissions: Permissions = [], requestsPerSecond: Int? = nil
  ) {
    self.name = name
    self.sha256 = sha256
    self.permissions = permissions
    self.requestsPerSecond = requestsPerSecond
  }

  /// SHA-256 of a token's bytes.
  package static func digest(_ token: some Sequence<UInt8>) -> [UInt8] {
    let digest = Array(token).withUnsafeBytes(SHA256.digest)
    return digest.indices.map { digest[$0] }
  }
}
