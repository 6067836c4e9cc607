/// Where a request stands in somebody's trace: the field `traceparent` (W3C Trace Context, 3.2).
package struct TraceContext: Equatable, Sendable {
  package var traceHigh: UInt64
  package var traceLow: UInt64
  package var span: UInt64
  /// Whether whoever began the trace wants it recorded.
  package var isSampled: Bool

  package init(traceHigh: UInt64, traceLow: UInt64, span: UInt64, isSampled: Bool) {
    self.traceHigh = traceHigh
    self.traceLow = traceLow
    self.span = span
    self.isSampled = isSampled
  }

  /// A trace that begins here.
  init(using random: inout SystemRandomNumberGenerator) {
    traceHigh = .random(in: 1 ... .max, using: &random)
    traceLow = .random(in: 0 ... .max, using: &random)
    span = .random(in: 1 ... .max, using: &random)
    isSampled = true
  }

  /// Nil for what is malformed, which counts as absent. A later version than 00 may say more at its
  /// end.
  package init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count == 55 || bytes.count > 55 && bytes[55] == UInt8(ascii: "-"),
      let version = Self.number(bytes[0..<2]), version != 0xFF,
      version > 0 || bytes.count == 55,
      bytes[2] == UInt8(ascii: "-"), bytes[35] == UInt8(ascii: "-"),
      bytes[52] == UInt8(ascii: "-"),
      let high = Self.number(bytes[3..<19]), let low = Self.number(bytes[19..<35]),
      let span = Self.number(bytes[36..<52]), let flags = Self.number(bytes[53..<55]),
      high | low != 0, span != 0
    else { return nil }
    self.init(traceHigh: high, traceLow: low, span: span, isSampled: flags & 1 == 1)
  }

  /// As the field says it, in version 00.
  package var text: String { "00-\(traceID)-\(Self.digits(span))-\(isSampled ? "01" : "00")" }

  /// 32 digits.
  package var traceID: String { Self.digits(traceHigh) + Self.digits(traceLow) }

  /// 16 hexadecimal digits, in lower case.
  static func digits(_ number: UInt64) -> String {
    let text = String(number, radix: 16)
    return String(repeating: "0", count: 16 - text.utf8.count) + text
  }

  /// Digits in lower case alone.
  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for byte in bytes {
      switch byte {
      case 0x30...0x39: value = value << 4 | UInt64(byte - 0x30)
      case 0x61...0x66: value = value << 4 | UInt64(byte - 0x61 + 10)
      default: return nil
      }
    }
    return value
  }
}
