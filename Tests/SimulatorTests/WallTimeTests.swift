import Bytes
import Foundation
import Testing

@testable import Simulator

struct WallTimeTests {
  @Test(arguments: [
    ("2026-04-20T09:00:00.000Z", 1_776_675_600_000_000),
    ("2026-04-20T09:00:00.123456+00:00", 1_776_675_600_123_456),
    ("2026-04-20T11:00:00+02:00", 1_776_675_600_000_000),
    ("2026-04-20 09:00", 1_776_675_600_000_000),
    ("2026-04-20T03:30:00.1234567-0530", 1_776_675_600_123_456),
    ("1970-01-01", 0), ("1969-12-31T23:59:59.5Z", -500_000),
    ("2024-02-29", 1_709_164_800_000_000),
  ])
  func `ISO 8601 is read`(text: String, microseconds: Int) {
    #expect(WallTime(iso: text)?.microseconds == Int64(microseconds))
  }

  @Test(arguments: [
    "", "today", "2026-02-29", "2026-13-01", "2026-04-20T24:00", "2026-04-20T09:60",
    "2026-04-20T09:00:00.", "2026-04-20T09:00:00X", "2026-04-20T", "2026-4-2", "2026-04-20Z5",
    "2026-04-20T09:00:00+25:00",
  ])
  func `what is no time is not`(text: String) {
    #expect(WallTime(iso: text) == nil)
  }

  @Test func `writing agrees with Foundation over four centuries`() {
    var dice = Dice(seed: 1, stream: 1)
    let style = Date.ISO8601FormatStyle(includingFractionalSeconds: false)
    for _ in 0..<2_000 {
      let seconds = dice.between(-6_000_000_000, 6_000_000_000)
      let time = WallTime(milliseconds: seconds * 1_000 + 7)
      let buffer = ByteBuffer()
      time.append(to: buffer, digits: 3)
      let expected = Date(timeIntervalSince1970: Double(seconds)).formatted(style)
      #expect(buffer.text == expected.dropLast() + ".007")
      #expect(WallTime(iso: buffer.text) == time)
    }
  }
}
