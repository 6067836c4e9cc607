/// Weak entity tags (RFC 9110, 8.8.3): the same for the same sessions in the same
/// format, whatever the cursor and the content coding.
enum EntityTag {
  static func weak(
    _ data: UnsafeRawBufferPointer, _ format: ListParameters.Format, hasMore: Bool,
    failed: [String]
  ) -> String {
    var hash = mix(start, data)
    // An empty page has no data that would tell the formats apart.
    hash = Array(format.rawValue.utf8).withUnsafeBytes { mix(hash, $0) }
    hash = step(hash, hasMore ? 1 : 2)
    for name in failed {
      hash = Array(name.utf8).withUnsafeBytes { mix(hash, $0) }
    }
    return text(hash)
  }

  /// Of bytes that are the same for everybody.
  static func weak(_ data: UnsafeRawBufferPointer) -> String { text(mix(start, data)) }

  private static let start: UInt64 = 0x9E37_79B9_7F4A_7C15

  private static func text(_ hash: UInt64) -> String { "W/\"\(String(hash, radix: 16))\"" }

  /// Weak comparison (RFC 9110, 8.8.3.2).
  static func matches(_ given: String, _ tag: String) -> Bool {
    given == tag || "W/\(given)" == tag
  }

  /// Sixteen bytes at a time: it tells pages apart, and need not resist anybody.
  private static func mix(_ start: UInt64, _ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hash = step(start, UInt64(bytes.count))
    var offset = 0
    // Four chains beside each other: a step waits for the multiplication of the one before.
    var (first, second, third, fourth): (UInt64, UInt64, UInt64, UInt64) = (1, 2, 3, 4)
    func word(_ offset: Int) -> UInt64 {
      bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }
    while offset + 64 <= bytes.count {
      first = step(first, word(offset), word(offset + 8))
      second = step(second, word(offset + 16), word(offset + 24))
      third = step(third, word(offset + 32), word(offset + 40))
      fourth = step(fourth, word(offset + 48), word(offset + 56))
      offset += 64
    }
    hash = step(step(hash, first, second), third, fourth)
    while offset + 8 <= bytes.count {
      hash = step(hash, word(offset))
      offset += 8
    }
    var rest: UInt64 = 0
    while offset < bytes.count {
      rest = rest << 8 | UInt64(bytes[offset])
      offset += 1
    }
    return step(hash, rest)
  }

  private static func step(_ hash: UInt64, _ word: UInt64, _ other: UInt64 = 0) -> UInt64 {
    let product = (hash ^ word).multipliedFullWidth(by: other ^ 0xD6E8_FEB8_6659_FD93)
    return product.high ^ product.low
  }
}
