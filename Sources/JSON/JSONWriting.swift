package import Bytes
import Glibc

/// JSON text, appended to a buffer piece by piece. Nothing checks that the pieces make a value: who
/// writes one is a straight line of calls.
extension ByteBuffer {
  package func appendNull() { append("null") }

  package func append(json value: Bool) { append(value ? "true" : "false") }

  package func append(json number: Int64) { append(decimal: number) }

  /// Appends `text` as a string: quoted, with the escapes that JSON asks for (RFC 8259, 7).
  package func append(json text: String) {
    var text = text
    text.withUTF8 { appendString(UnsafeRawBufferPointer($0)) }
  }

  /// Appends UTF-8 as a string. The bytes must be valid UTF-8 and lie outside of this buffer.
  package func appendString(_ utf8: UnsafeRawBufferPointer) {
    append(UInt8(ascii: "\""))
    appendEscaped(utf8)
    append(UInt8(ascii: "\""))
  }

  /// Appends UTF-8 escaped for the inside of a string.
  package func appendEscaped(_ utf8: UnsafeRawBufferPointer) {
    // Each byte becomes six at most.
    appendUnsafe(minimum: 6 * utf8.count) { space in
      guard let start = space.baseAddress else { return 0 }
      return JSONText.escape(utf8, into: start.assumingMemoryBound(to: UInt8.self))
    }
  }

  /// Appends a value as it stands in `source`: spelling, inner order and white space are kept. Only
  /// a string with a lone surrogate is written anew, with U+FFFD in its place, since strict readers
  /// refuse it. An absent token is written as null.
  package func append(json token: JSONToken, in source: UnsafeRawBufferPointer) {
    switch token.kind {
    case .absent, .null:
      appendNull()
    case .escapedString:
      appendEscapedString(token, in: source)
    default:
      append(UnsafeRawBufferPointer(rebasing: source[token.range]))
    }
  }

  /// Appends the inside of a string token, without quotes, escapes as they stand.
  package func append(contentOf token: JSONToken, in source: UnsafeRawBufferPointer) {
    let raw = JSONText.content(of: token, in: source)
    guard token.kind == .escapedString, JSONText.hasLoneSurrogate(raw) else { return append(raw) }
    JSONText.withText(of: token, in: source) { appendEscaped($0) }
  }

  private func appendEscapedString(_ token: JSONToken, in source: UnsafeRawBufferPointer) {
    append(UInt8(ascii: "\""))
    append(contentOf: token, in: source)
    append(UInt8(ascii: "\""))
  }
}

extension JSONText {
  /// Writes the inside of a string token, escapes as they stand but for a lone surrogate's, to
  /// `output`, which has room for three times the token's length: written anew, only `\b` and `\f`
  /// grow, from two bytes to six.
  package static func write(
    contentOf token: JSONToken, in source: UnsafeRawBufferPointer,
    to output: UnsafeMutablePointer<UInt8>
  ) -> Int {
    let raw = content(of: token, in: source)
    if token.kind == .escapedString, hasLoneSurrogate(raw) {
      return withText(of: token, in: source) { escape($0, into: output) }
    }
    if let start = raw.baseAddress {
      UnsafeMutableRawPointer(output).copyMemory(from: start, byteCount: raw.count)
    }
    return raw.count
  }

  /// Writes `utf8` escaped to `output`, which has room for six times as many bytes.
  package static func escape(
    _ utf8: UnsafeRawBufferPointer, into output: UnsafeMutablePointer<UInt8>
  ) -> Int {
    var count = 0
    var position = 0
    while position < utf8.count {
      if position &+ 8 <= utf8.count {
        let word = utf8.loadUnaligned(fromByteOffset: position, as: UInt64.self)
        if !needsEscape(word) {
          UnsafeMutableRawPointer(output + count).storeBytes(of: word, as: UInt64.self)
          position &+= 8
          count &+= 8
          continue
        }
      }
      let byte = utf8[position]
      position &+= 1
      if byte >= 0x20, byte != 0x22, byte != 0x5C {
        output[count] = byte
        count &+= 1
        continue
      }
      output[count] = UInt8(ascii: "\\")
      switch byte {
      case 0x22, 0x5C: output[count + 1] = byte
      case 0x0A: output[count + 1] = UInt8(ascii: "n")
      case 0x0D: output[count + 1] = UInt8(ascii: "r")
      case 0x09: output[count + 1] = UInt8(ascii: "t")
      default:
        output[count + 1] = UInt8(ascii: "u")
        output[count + 2] = UInt8(ascii: "0")
        output[count + 3] = UInt8(ascii: "0")
        output[count + 4] = 0x30 + byte >> 4
        output[count + 5] = hexadecimalDigit(byte & 0xF)
        count &+= 6
        continue
      }
      count &+= 2
    }
    return count
  }

  /// Whether one of eight bytes is a control character, a quote or a backslash. Each is looked for as a
  /// byte that a subtraction takes below zero: those above it may be taken for one then, none is missed.
  @inline(__always)
  private static func needsEscape(_ word: UInt64) -> Bool {
    let each: UInt64 = 0x0101_0101_0101_0101
    let quote = word ^ each &* 0x22
    let backslash = word ^ each &* 0x5C
    let below =
      (word &- each &* 0x20) & ~word | (quote &- each) & ~quote
      | (backslash &- each) & ~backslash
    return below & (each &* 0x80) != 0
  }

  private static func hexadecimalDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? 0x30 + value : 0x57 + value
  }

  /// Whether a checked string holds a `\u` surrogate without its partner.
  static func hasLoneSurrogate(_ raw: UnsafeRawBufferPointer) -> Bool {
    guard let start = raw.baseAddress else { return false }
    var position = 0
    while position < raw.count,
      let found = memchr(start + position, Int32(UInt8(ascii: "\\")), raw.count - position)
    {
      position = UnsafeRawPointer(found) - start
      guard raw[position + 1] == UInt8(ascii: "u") else {
        position += 2
        continue
      }
      let (scalar, length) = scalar(raw, position)
      if scalar == 0xFFFD, raw[position + 2] | 0x20 == UInt8(ascii: "d") { return true }
      position += length
    }
    return false
  }
}
