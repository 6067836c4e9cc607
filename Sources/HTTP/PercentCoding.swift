package import Bytes

/// Percent-encoding (RFC 3986, 2.1): everything but unreserved characters is encoded, and decoding
/// is strict. For a path segment and for a query component alike.
package enum PercentCoding {
  package static func encode(_ text: String) -> String {
    let buffer = ByteBuffer(capacity: text.utf8.count + 16)
    append(text, to: buffer)
    return buffer.text
  }

  package static func append(_ text: String, to buffer: ByteBuffer) {
    var text = text
    text.withUTF8 { append(UnsafeRawBufferPointer($0), to: buffer) }
  }

  package static func append(_ bytes: UnsafeRawBufferPointer, to buffer: ByteBuffer) {
    for byte in bytes {
      if ByteSet.unreserved.contains(byte) {
        buffer.append(byte)
      } else {
        buffer.append(UInt8(ascii: "%"))
        buffer.append(hexDigit(byte >> 4))
        buffer.append(hexDigit(byte & 15))
      }
    }
  }

  /// The text of one path segment; nil for a bad escape or what is not UTF-8. `+` stays `+`.
  package static func decodeSegment(_ segment: String) -> String? {
    guard segment.utf8.contains(UInt8(ascii: "%")) else { return segment }
    var segment = segment
    return segment.withUTF8 { utf8 in
      percentDecoded(UnsafeRawBufferPointer(utf8), plusIsSpace: false)
        .flatMap { String(validating: $0, as: UTF8.self) }
    }
  }

  private static func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? value + 0x30 : value + 0x37
  }
}

/// Every `%` is followed by two hexadecimal digits.
func hasValidEscapes(_ bytes: UnsafeRawBufferPointer) -> Bool {
  var index = 0
  while index < bytes.count {
    if bytes[index] == UInt8(ascii: "%") {
      guard index + 2 < bytes.count, hexValue(bytes[index + 1]) != nil,
        hexValue(bytes[index + 2]) != nil
      else { return false }
      index += 2
    }
    index += 1
  }
  return true
}

/// The bytes with escapes replaced; nil when one is not valid.
func percentDecoded(_ bytes: UnsafeRawBufferPointer, plusIsSpace: Bool) -> [UInt8]? {
  var decoded: [UInt8] = []
  decoded.reserveCapacity(bytes.count)
  var index = 0
  while index < bytes.count {
    let byte = bytes[index]
    if byte == UInt8(ascii: "%") {
      guard index + 2 < bytes.count, let high = hexValue(bytes[index + 1]),
        let low = hexValue(bytes[index + 2])
      else { return nil }
      decoded.append(high << 4 | low)
      index += 3
    } else {
      decoded.append(plusIsSpace && byte == UInt8(ascii: "+") ? 0x20 : byte)
      index += 1
    }
  }
  return decoded
}
