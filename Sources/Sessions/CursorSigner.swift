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

  /// A signature for one cursor, begun before that is known.
  package struct Begun {
    fileprivate let code: HMACSHA256.Begun
  }

  package func begin() -> Begun { Begun(code: authenticators[0].begin()) }

  package func text(_ cursor: Cursor) -> String { text(cursor, signedBy: begin()) }

  package func text(_ cursor: Cursor, signedBy begun: Begun) -> String {
    var bytes = cursor.encoded()
    let code = begun.code.code(bytes)
    for index in 0..<Self.signatureLength { bytes.append(code[index]) }
    return Base64URL.encode(bytes)
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
      let code = authenticator.code(bytes)
      let signature = (0..<Self.signatureLength).map { code[$0] }
      return CRYPTO_memcmp(signature, given, Self.signatureLength) == 0 || known
    }
    guard isOurs, let cursor = Cursor(encoded: bytes) else { throw .invalid }
    guard cursor.query == query else { throw .mismatch }
    guard now.milliseconds - cursor.issuedAt.milliseconds <= lifetimeMilliseconds else {
      throw .expired
    }
    return cursor
  }
}

/// base64url without padding (RFC 4648, section 5), canonical: one text for each sequence of bytes.
package enum Base64URL {
  private static let alphabet: StaticString =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

  package static func encode(_ bytes: [UInt8]) -> String {
    let count = (bytes.count * 4 + 2) / 3
    let alphabet = alphabet.utf8Start
    return String(unsafeUninitializedCapacity: count) { text in
      for group in 0..<(bytes.count + 2) / 3 {
        func byte(_ offset: Int) -> UInt32 {
          let index = group * 3 + offset
          return index < bytes.count ? UInt32(bytes[index]) : 0
        }
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2)
        for place in 0..<4 where group * 4 + place < count {
          let digit = bits >> UInt32(18 - place * 6) & 63
          text.initializeElement(at: group * 4 + place, to: alphabet[Int(digit)])
        }
      }
      return count
    }
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
