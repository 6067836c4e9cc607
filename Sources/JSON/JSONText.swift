package import Bytes

/// What tokens say: strings without their escapes, numbers as integers.
package enum JSONText {
  /// Writes the text of a checked string (without its quotes) to `output`, which has room for as
  /// many bytes, and returns how many there are: an escape is never shorter than what it stands
  /// for. A lone surrogate becomes U+FFFD.
  @usableFromInline static func unescape(
    _ raw: UnsafeRawBufferPointer, into output: UnsafeMutablePointer<UInt8>
  ) -> Int {
    var (position, count) = (0, 0)
    while position < raw.count {
      let byte = raw[position]
      guard byte == UInt8(ascii: "\\") else {
        output[count] = byte
        (position, count) = (position + 1, count + 1)
        continue
      }
      switch raw[position + 1] {
      case UInt8(ascii: "u"):
        let (scalar, length) = scalar(raw, position)
        count += encode(scalar, output + count)
        position += length
        continue
      case UInt8(ascii: "n"): output[count] = 0x0A
      case UInt8(ascii: "t"): output[count] = 0x09
      case UInt8(ascii: "r"): output[count] = 0x0D
      case UInt8(ascii: "b"): output[count] = 0x08
      case UInt8(ascii: "f"): output[count] = 0x0C
      case let other: output[count] = other
      }
      (position, count) = (position + 2, count + 1)
    }
    return count
  }

  /// The scalar of the `\u` escape at `position`, joined with a low surrogate's that follows, and
  /// the length of what was read.
  static func scalar(_ raw: UnsafeRawBufferPointer, _ position: Int) -> (UInt32, Int) {
    let unit = unit(raw, position)
    guard unit & 0xF800 == 0xD800 else { return (unit, 6) }
    guard unit < 0xDC00, position + 12 <= raw.count, raw[position + 6] == UInt8(ascii: "\\"),
      raw[position + 7] == UInt8(ascii: "u")
    else { return (0xFFFD, 6) }
    let low = self.unit(raw, position + 6)
    guard low & 0xFC00 == 0xDC00 else { return (0xFFFD, 6) }
    return (0x10000 + (unit & 0x3FF) << 10 + (low & 0x3FF), 12)
  }

  private static func unit(_ raw: UnsafeRawBufferPointer, _ position: Int) -> UInt32 {
    var unit: UInt32 = 0
    for index in position + 2..<position + 6 {
      let byte = raw[index]
      unit = unit << 4 | UInt32(byte < 0x3A ? byte - 0x30 : (byte | 0x20) - 0x57)
    }
    return unit
  }

  private static func encode(_ scalar: UInt32, _ output: UnsafeMutablePointer<UInt8>) -> Int {
    func continuation(_ shift: UInt32) -> UInt8 { UInt8(0x80 | scalar >> shift & 0x3F) }
    switch scalar {
    case ..<0x80:
      output[0] = UInt8(scalar)
      return 1
    case ..<0x800:
      output[0] = UInt8(0xC0 | scalar >> 6)
      output[1] = continuation(0)
      return 2
    case ..<0x10000:
      output[0] = UInt8(0xE0 | scalar >> 12)
      output[1] = continuation(6)
      output[2] = continuation(0)
      return 3
    default:
      output[0] = UInt8(0xF0 | scalar >> 18)
      output[1] = continuation(12)
      output[2] = continuation(6)
      output[3] = continuation(0)
      return 4
    }
  }
}

extension ByteBuffer {
  /// Appends the text of a string token of `source`, without quotes and escapes.
  /// `source` may be this buffer's own bytes only if room was reserved before they were taken.
  package func append(textOf token: JSONToken, in source: UnsafeRawBufferPointer) {
    let raw = JSONText.content(of: token, in: source)
    guard token.kind == .escapedString else { return append(raw) }
    appendUnsafe(minimum: raw.count) { space in
      guard let start = space.baseAddress else { return 0 }
      return JSONText.unescape(raw, into: start.assumingMemoryBound(to: UInt8.self))
    }
  }
}

extension JSONText {
  /// The bytes between the quotes of a string token, escapes as they stand; all bytes of another.
  @inlinable package static func content(
    of token: JSONToken, in source: UnsafeRawBufferPointer
  ) -> UnsafeRawBufferPointer {
    let range = token.range
    return UnsafeRawBufferPointer(
      rebasing: token.isString
        ? source[range.lowerBound &+ 1..<range.upperBound &- 1] : source[range])
  }

  /// Calls `body` with the text of a string token: its own bytes, or a copy without escapes.
  @inlinable package static func withText<Result>(
    of token: JSONToken, in source: UnsafeRawBufferPointer,
    _ body: (UnsafeRawBufferPointer) -> Result
  ) -> Result {
    let raw = content(of: token, in: source)
    guard token.kind == .escapedString else { return body(raw) }
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: raw.count) { copy in
      guard let start = copy.baseAddress else { return body(raw) }
      let count = unescape(raw, into: start)
      return body(UnsafeRawBufferPointer(start: start, count: count))
    }
  }

  /// The text of a string token; of another, its spelling.
  package static func string(of token: JSONToken, in source: UnsafeRawBufferPointer) -> String {
    withText(of: token, in: source) { String(decoding: $0, as: UTF8.self) }
  }

  /// The value of a number token that is spelt as an integer and fits.
  package static func integer(of token: JSONToken, in source: UnsafeRawBufferPointer) -> Int64? {
    guard token.kind == .number else { return nil }
    let digits = source[token.range]
    let isNegative = digits.first == UInt8(ascii: "-")
    var value: Int64 = 0
    for byte in digits.dropFirst(isNegative ? 1 : 0) {
      guard byte &- 0x30 < 10 else { return nil }
      let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, tooSmall) = product.subtractingReportingOverflow(Int64(byte &- 0x30))
      if tooLarge || tooSmall { return nil }
      value = sum
    }
    if isNegative { return value }
    return value == .min ? nil : -value
  }

  /// Whether a number token is spelt without fraction and exponent.
  package static func isInteger(_ token: JSONToken, in source: UnsafeRawBufferPointer) -> Bool {
    guard token.kind == .number else { return false }
    return !source[token.range].contains { $0 == 0x2E || $0 | 0x20 == 0x65 }
  }
}

extension JSONText {
  /// Whether a token is a string with exactly this text.
  package static func matches(
    _ token: JSONToken, in source: UnsafeRawBufferPointer, _ word: StaticString
  ) -> Bool {
    switch token.kind {
    case .string:
      equal(content(of: token, in: source), word)
    case .escapedString:
      withText(of: token, in: source) { equal($0, word) }
    default:
      false
    }
  }

  @inline(__always)
  private static func equal(_ text: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
    guard text.count == word.utf8CodeUnitCount else { return false }
    for index in 0..<text.count where text[index] != word.utf8Start[index] { return false }
    return true
  }

  /// Whether a string token holds `word` in any case; `word` is a few ASCII letters in lower case.
  package static func contains(
    _ token: JSONToken, in source: UnsafeRawBufferPointer, ignoringCase word: StaticString
  ) -> Bool {
    guard token.isString else { return false }
    return withText(of: token, in: source) { text in
      let (first, length) = (word.utf8Start[0], word.utf8CodeUnitCount)
      guard text.count >= length else { return false }
      for start in 0...text.count &- length where text[start] | 0x20 == first {
        var matching = 1
        while matching < length, text[start &+ matching] | 0x20 == word.utf8Start[matching] {
          matching &+= 1
        }
        if matching == length { return true }
      }
      return false
    }
  }
}
