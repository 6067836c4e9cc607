import COpenSSL

/// Turns cursors into the opaque text that callers hold, and back: base64url of the bytes and the
/// first 16 bytes of their HMAC-SHA256 (RFC 2104; truncation as in section 5). The first secret
/// signs, all of them verify, so that a secret can be rotated.
package struct CursorSigner: Sendable {
  package enum Refusal: Error, Equatable {
    /// Not text that this gateway, with these secrets, has signed.
    case invalid
    /// Signed, but too long ago.
    case expired
    /// Signed, but for another query.
    case mismatch
  }

  private static let signatureLength = 16
  /// Longer than any cursor that is signed here; spares hashing whatever is sent.
  private static let longestText = 65_536

  /// One of each secret.
  private let authenticators: [HMACSHA256]
  private let lifetimeMilliseconds: Int64

  /// - Parameter secrets: at least one.
  package init(secrets: [[UInt8]], lifetime: Duration) {
    precondition(!secrets.isEmpty, "cursors cannot be signed without a secret")
    authenticators = secrets.map(HMACSHA256.init)
    lifetimeMilliseconds =
      lifetime.components.seconds * 1_000 + lifetime.components.attoseconds / 1_000_000_000_000_000
  }

  /// 32 bytes of OpenSSL's random generator, for a process whose cursors end with it.
  package static func randomSecret() -> [UInt8] {
    var secret = [UInt8](repeating: 0, count: 32)
    let filled = RAND_bytes(&secret, 32)
    precondition(filled == 1, "the system's random generator does not answer")
    return secret
  }

  package func text(_ cursor: Cursor) -> String {
    let bytes = cursor.encoded()
    return Base64URL.encode(bytes + signature(bytes, authenticators[0]))
  }

  package func cursor(
    _ text: String, query: UInt64, now: Timestamp
  ) throws(Refusal) -> Cursor {
    guard text.utf8.count <= Self.longestText, let signed = Base64URL.decode(text),
      signed.count > Self.signatureLength
    else { throw .invalid }
    let bytes = Array(signed.dropLast(Self.signatureLength))
    let given = Array(signed.suffix(Self.signatureLength))
    let isOurs = authenticators.reduce(false) { known, authenticator in
      // Every secret is tried, so that time does not tell which one signed.
      CRYPTO_memcmp(signature(bytes, authenticator), given, Self.signatureLength) == 0 || known
    }
    guard isOurs, let cursor = Cursor(encoded: bytes) else { throw .invalid }
    guard cursor.query == query else { throw .mismatch }
    guard now.milliseconds - cursor.issuedAt.milliseconds <= lifetimeMilliseconds else {
      throw .expired
    }
    return cursor
  }

  private func signature(_ bytes: [UInt8], _ authenticator: HMACSHA256) -> [UInt8] {
    let code = authenticator.code(bytes)
    return (0..<Self.signatureLength).map { code[$0] }
  }
}

/// base64url without padding (RFC 4648, section 5), canonical: one text for each sequence of bytes.
package enum Base64URL {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  package static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count * 4 + 2) / 3)
    var accumulator: UInt32 = 0
    var bits = 0
    for byte in bytes {
      accumulator = accumulator << 8 | UInt32(byte)
      bits += 8
      while bits >= 6 {
        bits -= 6
        text.append(alphabet[Int(accumulator >> UInt32(bits)) & 63])
      }
    }
    if bits > 0 { text.append(alphabet[Int(accumulator << UInt32(6 - bits)) & 63]) }
    return String(decoding: text, as: UTF8.self)
  }

  /// Nil for a character outside the alphabet, padding, or bits that no encoder writes.
  package static func decode(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    var accumulator: UInt32 = 0
    var bits = 0
    for character in text.utf8 {
      guard let value = value(character) else { return nil }
      accumulator = (accumulator << 6 | value) & 0xFFFF
      bits += 6
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: accumulator >> UInt32(bits)))
      }
    }
    guard bits < 6, accumulator & (1 << UInt32(bits) - 1) == 0 else { return nil }
    return bytes
  }

  private static func value(_ character: UInt8) -> UInt32? {
    switch character {
    case 0x41...0x5A: UInt32(character) - 0x41
    case 0x61...0x7A: UInt32(character) - 0x61 + 26
    case 0x30...0x39: UInt32(character) - 0x30 + 52
    case 0x2D: 62
    case 0x5F: 63
    default: nil
    }
  }
}
