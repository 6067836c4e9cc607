import Bytes
import Foundation
import Testing

@testable import JSON

@Suite struct JSONWritingTests {
  private func token(_ text: String) throws -> (JSONToken, ByteBuffer) {
    let buffer = ByteBuffer("{\"v\":\(text)}")
    let table = try JSONProjection(list: nil, item: ["v"]).readItem(buffer.bytes)
    return (table.row(0)[0], buffer)
  }

  @Test func `strings are escaped and read back`() throws {
    let text = "a\"b\\c/\n\r\t\u{8}\u{C}\u{0}\u{1F}\u{7F}é€😀"
    let buffer = ByteBuffer()
    buffer.append(json: text)
    let back = try JSONSerialization.jsonObject(
      with: Data(buffer.bytes), options: .fragmentsAllowed)
    #expect(back as? String == text)
    #expect(buffer.text.contains(#"\u0000\u001f"#))
  }

  /// Eight bytes are looked at together: each byte, at each place among plain ones and beside a second.
  @Test func `every byte is escaped wherever it stands`() {
    for byte in UInt8.min...0x7F {
      for place in 0..<20 {
        for second in [0x61, 0x20, 0x21, 0x5D, byte] as [UInt8] {
          var text = [UInt8](repeating: 0x61, count: 20)
          text[place] = byte
          text[(place + 1) % 20] = second
          let buffer = ByteBuffer()
          text.withUnsafeBytes { buffer.appendEscaped($0) }
          #expect(Array(buffer.bytes) == text.flatMap(escaped), "\(byte) at \(place)")
        }
      }
    }
  }

  private func escaped(_ byte: UInt8) -> [UInt8] {
    switch byte {
    case 0x22, 0x5C: [0x5C, byte]
    case 0x0A: Array(#"\n"#.utf8)
    case 0x0D: Array(#"\r"#.utf8)
    case 0x09: Array(#"\t"#.utf8)
    case ..<0x20:
      Array((byte < 0x10 ? #"\u000"# : #"\u00"#).utf8) + Array(String(byte, radix: 16).utf8)
    default: [byte]
    }
  }

  @Test(arguments: [
    (#""plain""#, #""plain""#), (#""a\u0041\n\/""#, #""a\u0041\n\/""#), ("-1.50e+2", "-1.50e+2"),
    ("null", "null"), (#"{"a": [1, 2]}"#, #"{"a": [1, 2]}"#),
    (#""\ud83d\ude00""#, #""\ud83d\ude00""#),
    (#""\ud83d""#, "\"\u{FFFD}\""), (#""a\ude00\ud83db\n""#, "\"a\u{FFFD}\u{FFFD}b\\n\""),
    (#""\\ud83d""#, #""\\ud83d""#), (#""\ufffd""#, #""\ufffd""#),
  ])
  func `tokens are copied as they stand, lone surrogates apart`(text: String, written: String)
    throws
  {
    let (token, source) = try token(text)
    let buffer = ByteBuffer()
    buffer.append(json: token, in: source.bytes)
    #expect(buffer.text == written)
  }

  @Test(arguments: [
    (#""plain""#, "plain"), (#""""#, ""), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
    (#""\u0041\u00e9\u20AC\ud83d\ude00""#, "Aé€😀"), (#""\ud83d!""#, "\u{FFFD}!"),
    (#""\ude00\ud83d\ud83d\ude00""#, "\u{FFFD}\u{FFFD}😀"), (#""\ud83d\u0041""#, "\u{FFFD}A"),
  ])
  func `text of a string token`(text: String, decoded: String) throws {
    let (token, source) = try token(text)
    #expect(JSONText.string(of: token, in: source.bytes) == decoded)
    let buffer = ByteBuffer()
    buffer.append(textOf: token, in: source.bytes)
    #expect(buffer.text == decoded)
  }

  @Test(
    arguments: [
      ("0", 0), ("-0", 0), ("42", 42), ("-42", -42), ("9223372036854775807", .max),
      ("9223372036854775808", nil), ("-9223372036854775808", .min), ("-9223372036854775809", nil),
      ("1.0", nil), ("1e3", nil), ("\"1\"", nil), ("99999999999999999999", nil), ("true", nil),
    ] as [(String, Int64?)])
  func `integers`(text: String, value: Int64?) throws {
    let (token, source) = try token(text)
    #expect(JSONText.integer(of: token, in: source.bytes) == value)
  }

  @Test func `an integer is told by its spelling`() throws {
    for (text, isInteger) in [("12", true), ("-1", true), ("1.0", false), ("1E2", false)] {
      let (token, source) = try token(text)
      #expect(JSONText.isInteger(token, in: source.bytes) == isInteger)
    }
  }
}
