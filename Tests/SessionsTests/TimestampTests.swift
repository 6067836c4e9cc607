import Bytes
import Foundation
import Support
import Testing

@testable import Sessions

@Suite struct TimestampTests {
  @Test(
    arguments: [
      ("1970-01-01T00:00:00Z", 0), ("2026-04-20T09:00:00.000Z", 1_776_675_600_000),
      ("2026-04-20T11:00:00.123456+02:00", 1_776_675_600_123),
      ("2026-04-20T03:30:00.9-05:30", 1_776_675_600_900), ("2026-04-20", 1_776_643_200_000),
      ("2026-04-20T09:00:00.999999999999Z", 1_776_675_600_999),
      ("2026-04-20t09:00:00z", 1_776_675_600_000),
      ("1969-12-31T23:59:59.9999Z", -1), ("0000-01-01T00:00:00Z", -62_167_219_200_000),
      ("9999-12-31T23:59:59.999Z", 253_402_300_799_999), ("2024-02-29", 1_709_164_800_000),
      ("2000-02-29T00:00:00Z", 951_782_400_000), ("2016-12-31T23:59:60Z", 1_483_228_800_000),
      ("2016-12-31T23:59:60.5Z", 1_483_228_800_000),
      ("2026-04-20T09:00:00-00:00", 1_776_675_600_000),
    ] as [(String, Int64)])
  func `reads RFC 3339 and dates, both ways`(text: String, milliseconds: Int64) {
    #expect(Timestamp(text, .parameter)?.milliseconds == milliseconds)
    #expect(Timestamp(text, .upstream)?.milliseconds == milliseconds)
  }

  @Test(
    arguments: [
      ("2026-04-20T09:00:00", 1_776_675_600_000), ("2026-04-20 09:00:00.5", 1_776_675_600_500),
      ("2026-04-20 09:00:00+00:00", 1_776_675_600_000),
    ] as [(String, Int64)])
  func `reads what providers write beyond that, for providers alone`(
    text: String, milliseconds: Int64
  ) {
    #expect(Timestamp(text, .upstream)?.milliseconds == milliseconds)
    #expect(Timestamp(text, .parameter) == nil)
  }

  @Test(arguments: [
    "", "2026", "2026-04", "2026-4-20", "2026-04-20T", "2026-04-20T09", "2026-04-20T09:00",
    "2026-04-20T09:00Z",
    "2026-13-01", "2026-00-01", "2026-01-00", "2026-01-32", "2026-04-31", "2026-02-29",
    "1900-02-29", "2100-02-29",
    "2026-04-20T24:00:00Z", "2026-04-20T09:60:00Z", "2026-04-20T09:00:61Z", "2026-04-20T09:00:00.Z",
    "2026-04-20T09:00:00,5Z", "2026-04-20T09:00:00+0200", "2026-04-20T09:00:00+02",
    "2026-04-20T09:00:00+24:00",
    "2026-04-20T09:00:00+02:60", "2026-04-20T09:00:00ZZ", "2026-04-20T09:00:00Z ", " 2026-04-20",
    "2026-04-20Z",
    "2026/04/20", "-026-04-20", "+2026-04-20", "20260420T090000Z", "2026-04-20X09:00:00Z",
    "2026-04-2O",
    "2026-04-20T0a:00:00Z", "1776675600000", "2026-W17-1", "２０２６-04-20", "2026-04-20T09:00:00.-5Z",
    "2026-04-20T09:00:00 Z",
  ])
  func `refuses the rest`(text: String) {
    #expect(Timestamp(text, .parameter) == nil)
    #expect(Timestamp(text, .upstream) == nil)
  }

  @Test func `writes and reads back every day of ten thousand years`() {
    var days = 0
    for day in -719_528...2_932_896 where day % 7 == 0 || abs(day) < 40_000 {
      let time = Timestamp(milliseconds: Int64(day) * 86_400_000 + 12_345_678)
      if Timestamp(time.text, .parameter) != time { Issue.record("\(time.text)") }
      days += 1
    }
    #expect(days > 500_000)
  }

  @Test func `agrees with Foundation on times all over`() {
    let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    for seconds in stride(from: -2_000_000_000 as Int64, to: 4_000_000_000, by: 3_141_593) {
      let date = Date(timeIntervalSince1970: Double(seconds))
      #expect(Timestamp(milliseconds: seconds * 1000).text == date.formatted(format))
    }
  }

  /// `Z` after milliseconds is read as words, an offset byte by byte.
  @Test(arguments: 0..<10)
  func `reads one time in the same way however it is spelt`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let characters = Array("0123456789-:.TZ /A\u{0}\u{7F}é".utf8)
    for _ in 0..<20_000 {
      var fields = [(0, 9999), (0, 13), (0, 32), (0, 24), (0, 60), (0, 60)].map { least, most in
        let digits = String(Int.random(in: least...most, using: &random))
        return String(repeating: "0", count: (most > 99 ? 4 : 2) - digits.count) + digits
      }
      fields.append(
        String(
          (0..<Int.random(in: 1...9, using: &random)).map { _ in
            Character(String(Int.random(in: 0...9, using: &random)))
          }))
      var text = Array(
        "\(fields[0])-\(fields[1])-\(fields[2])T\(fields[3]):\(fields[4]):\(fields[5]).\(fields[6])"
          .utf8)
      if Bool.random(using: &random) {
        let byte = characters.randomElement(using: &random) ?? 0
        text[Int.random(in: 0..<text.count, using: &random)] = byte
      }
      let (common, offset) = (text + Array("Z".utf8), text + Array("+00:00".utf8))
      let left = common.withUnsafeBytes { Timestamp($0, .upstream) }
      let right = offset.withUnsafeBytes { Timestamp($0, .upstream) }
      #expect(left == right, "seed \(seed): \(String(decoding: common, as: UTF8.self))")
    }
  }

  @Test func `appends itself, clamped to four digits of a year`() {
    let buffer = ByteBuffer()
    buffer.append(Timestamp(milliseconds: -1))
    #expect(buffer.text == "1969-12-31T23:59:59.999Z")
    #expect(Timestamp(milliseconds: .max).text == "9999-12-31T23:59:59.999Z")
    #expect(Timestamp(milliseconds: .min).text == "0000-01-01T00:00:00.000Z")
  }
}
