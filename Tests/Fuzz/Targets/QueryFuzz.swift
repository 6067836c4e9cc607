import Bytes
import HTTP

/// Query strings and percent-encoding: the same reading as a slow one, and what is written is read
/// back.
enum QueryFuzz {
  static func check(_ bytes: [UInt8]) throws(Finding) {
    let text = String(decoding: bytes, as: UTF8.self)
    let pairs = (try? Query.decode(text))?.map { [$0.name, $0.value] }
    try expect(
      pairs == slowPairs(text), "we read \(pairs as Any), slowly \(slowPairs(text) as Any)")
    if let pairs {
      let written = pairs.map { $0.map(PercentCoding.encode).joined(separator: "=") }
      let again = (try? Query.decode(written.joined(separator: "&")))?.map { [$0.name, $0.value] }
      // A pair without name and value is written as `=`, and that is one, too.
      try expect(again == pairs, "written and read again: \(again as Any)")
    }

    let encoded = PercentCoding.encode(text)
    try expect(isCanonical(Array(encoded.utf8)), "encoded as \(encoded)")
    try expect(PercentCoding.decodeSegment(encoded) == text, "a segment's round trip: \(encoded)")
    let target = ByteBuffer()
    var isFirst = true
    Query.append("n", text, to: target, isFirst: &isFirst)
    Query.append("m", text, to: target, isFirst: &isFirst)
    let appended = (try? Query.decode(String(target.text.dropFirst())))?.map {
      [$0.name, $0.value]
    }
    try expect(appended == [["n", text], ["m", text]], "appended: \(target.text)")

    let segment = PercentCoding.decodeSegment(text)
    try expect(segment == slowDecoded(Array(text.utf8), plusIsSpace: false), "a segment")
    // As somebody else may have encoded it, `+` and all.
    if let segment {
      try expect(
        PercentCoding.decodeSegment(PercentCoding.encode(segment)) == segment, "decoded twice")
    }
  }

  /// Nothing but unreserved characters and escapes in capitals, RFC 3986, 2.1 and 2.3.
  private static func isCanonical(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while let byte = rest.popFirst() {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: continue
      case UInt8(ascii: "%"):
        guard rest.count >= 2, rest.prefix(2).allSatisfy({ 0x30...0x39 ~= $0 || 0x41...0x46 ~= $0 })
        else { return false }
        rest = rest.dropFirst(2)
      default: return false
      }
    }
    return true
  }

  private static func slowPairs(_ text: String) -> [[String]]? {
    var pairs: [[String]] = []
    for part in Array(text.utf8).split(separator: UInt8(ascii: "&")) {
      let sides = part.split(
        separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = slowDecoded(Array(sides[0]), plusIsSpace: true),
        let value = slowDecoded(sides.count > 1 ? Array(sides[1]) : [], plusIsSpace: true)
      else { return nil }
      pairs.append([name, value])
    }
    return pairs
  }

  private static func slowDecoded(_ bytes: [UInt8], plusIsSpace: Bool) -> String? {
    var decoded: [UInt8] = []
    var rest = bytes[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "+") where plusIsSpace: decoded.append(0x20)
      case UInt8(ascii: "%"):
        let digits = rest.prefix(2)
        guard digits.count == 2, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
          let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
        else { return nil }
        decoded.append(value)
        rest = rest.dropFirst(2)
      default: decoded.append(byte)
      }
    }
    return String(validating: decoded, as: UTF8.self)
  }
}
