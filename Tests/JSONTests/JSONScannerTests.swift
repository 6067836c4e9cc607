import Foundation
import Testing

@testable import JSON

@Suite struct JSONScannerTests {
  private static let everything = JSONProjection(list: "nothing", item: [])

  static func error(_ text: [UInt8]) -> JSONError? {
    do {
      _ = try withGuardedBytes(text) { try everything.readList($0) }
      return nil
    } catch { return error as? JSONError }
  }

  @Test(arguments: [
    "{}", "[]", "0", "-0", "1.5e+10", "1E-2", "true", "false", "null", #""""#, #""a""#,
    " { \"a\" : [ 1 , 2 , { } ] , \"b\" : null } \r\n\t", #"["\"\\\/\b\f\n\r\t\u00e9"]"#,
    #"["\ud83d\ude00"]"#, #"["\ud800"]"#, #"{"a":1,"a":2}"#, #"{"":""}"#, "[[[[[[]]]]]]",
    #""éè — 日本 😀""#, "\"\u{7F}\u{80}\u{7FF}\u{800}\u{FFFF}\u{10000}\u{10FFFF}\"",
    "[123456789012345678901234567890.123456789]",
  ])
  func `accepts what the grammar allows`(text: String) {
    #expect(Self.error(Array(text.utf8)) == nil)
  }

  @Test(arguments: [
    "", " ", "{", "}", "[", "]", "[1", "[1,", "[1,]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}",
    "{'a':1}", "{1:1}", "[1 2]", "[1]]", "1 2", "[}", "{]", "tru", "trux", "nul", "nulll", "fals",
    "falsy", "True", "+1", "-", "01", "-01", "1.", ".5", "1e", "1e+", "0x1", "1.e1", "NaN",
    "Infinity", "\"", "\"a", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\", "\"\\u",
    "\"a\nb\"",
    "\"\u{0}\"", "\"\t\"", "[1],", "// a\n1", "[1,,2]", "{\"a\":1 \"b\":2}", "{,}", "[,]",
    "\u{FEFF}1",
    "\u{A0}1", "{\"a\" 1}", "{\"a\"::1}",
  ])
  func `refuses what the grammar does not allow`(text: String) {
    #expect(Self.error(Array(text.utf8)) != nil)
  }

  @Test(
    arguments: [
      [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xE0, 0x80, 0x80],
      [0xE0, 0x9F, 0xBF], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xEF, 0xBF],
      [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80],
      [0xF5, 0x80, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80], [0xFE], [0xFF], [0xF0, 0x9F, 0x98],
      [0xE2, 0x28, 0xA1], [0xF0, 0x9F, 0x41, 0x80],
    ] as [[UInt8]])
  func `refuses bytes that are no UTF-8`(bytes: [UInt8]) {
    for padding in [0, 7, 15, 16, 31] {
      let filler = [UInt8](repeating: 0x61, count: padding)
      #expect(Self.error([0x22] + filler + bytes + filler + [0x22])?.reason == .invalidUTF8)
    }
  }

  @Test func `says where and why`() {
    #expect(Self.error(Array("[1, x]".utf8)) == JSONError(.unexpectedByte, at: 4))
    #expect(Self.error(Array("[1] 2".utf8)) == JSONError(.trailingBytes, at: 4))
    #expect(Self.error(Array("[\"abc".utf8)) == JSONError(.unexpectedEnd, at: 5))
    #expect(Self.error(Array("[1.x]".utf8)) == JSONError(.invalidNumber, at: 3))
  }

  @Test func `nesting is limited`() {
    func nested(_ depth: Int) -> [UInt8] {
      [UInt8](repeating: 0x5B, count: depth) + [UInt8](repeating: 0x5D, count: depth)
    }
    #expect(Self.error(nested(64)) == nil)
    #expect(Self.error(nested(65))?.reason == .tooDeep)
    #expect(Self.error([UInt8](repeating: 0x5B, count: 1_000_000))?.reason == .tooDeep)
    let objects = String(repeating: "{\"a\":", count: 64) + "1" + String(repeating: "}", count: 64)
    #expect(Self.error(Array(objects.utf8)) == nil)
    #expect(Self.error(Array("{\"a\":\(objects)}".utf8))?.reason == .tooDeep)
  }

  @Test func `finds the special byte at every place of a string`() {
    for length in 0..<70 {
      let plain = String(repeating: "a", count: length)
      for special in ["", "\\n", "é", "😀", "\\u0041"] {
        #expect(Self.error(Array("\"\(plain)\(special)\(plain)\"".utf8)) == nil)
      }
      #expect(Self.error(Array("\"\(plain)\u{1F}\(plain)\"".utf8))?.reason == .controlCharacter)
      #expect(Self.error(Array("\"\(plain)".utf8))?.reason == .unexpectedEnd)
    }
  }
}
