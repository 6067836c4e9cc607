import Bytes
import Glibc

/// Microseconds since 1970-01-01T00:00:00Z: what the simulated rows are stamped with. Athena shows
/// all of them, the others milliseconds.
package struct WallTime: Comparable, Hashable, Sendable {
  package var microseconds: Int64

  package init(microseconds: Int64) { self.microseconds = microseconds }
  package init(milliseconds: Int64) { microseconds = milliseconds * 1_000 }

  /// Rounded down.
  package var milliseconds: Int64 { microseconds.flooredDivision(by: 1_000) }
  var seconds: Int64 { microseconds.flooredDivision(by: 1_000_000) }

  package static func now() -> WallTime {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return WallTime(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
  }

  package static func < (left: WallTime, right: WallTime) -> Bool {
    left.microseconds < right.microseconds
  }

  package static func + (time: WallTime, delay: Duration) -> WallTime {
    let parts = delay.components
    return WallTime(
      microseconds: time.microseconds + parts.seconds * 1_000_000
        + parts.attoseconds / 1_000_000_000_000)
  }

  package static func - (time: WallTime, delay: Duration) -> WallTime { time + (.zero - delay) }
}

/// Calendar fields in UTC.
struct CalendarTime {
  var year: Int64
  var month: Int64
  var day: Int64
  var hour: Int64
  var minute: Int64
  var second: Int64

  init(_ time: WallTime) {
    let days = time.seconds.flooredDivision(by: 86_400)
    let left = time.seconds - days * 86_400
    (hour, minute, second) = (left / 3_600, left / 60 % 60, left % 60)
    // Days are counted from the first of March of a leap cycle, so that the leap day comes last.
    let shifted = days + 719_468
    let era = shifted.flooredDivision(by: 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// Days since 1970-01-01.
  static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let era = year.flooredDivision(by: 400)
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }
}

extension WallTime {
  /// `2026-04-20T09:00:00.000` with `digits` (3 or 6) decimals; the zone is the caller's to add.
  func append(to buffer: ByteBuffer, digits: Int) {
    let calendar = CalendarTime(self)
    buffer.append(padded: calendar.year, to: 4)
    for (separator, part) in [("-", calendar.month), ("-", calendar.day), ("T", calendar.hour)] {
      buffer.append(separator)
      buffer.append(padded: part, to: 2)
    }
    for part in [calendar.minute, calendar.second] {
      buffer.append(UInt8(ascii: ":"))
      buffer.append(padded: part, to: 2)
    }
    let fraction = microseconds - seconds * 1_000_000
    buffer.append(UInt8(ascii: "."))
    buffer.append(padded: digits == 3 ? fraction / 1_000 : fraction, to: digits)
  }

  /// Reads what Python's datetime takes in a query: a date, or a date, `T` or a space, and a time
  /// with optional seconds, decimals and offset. Without an offset it is UTC.
  init?(iso text: String) {
    var scanner = DigitScanner(Array(text.utf8))
    guard let year = scanner.number(4), scanner.skip("-"), let month = scanner.number(2),
      scanner.skip("-"), let day = scanner.number(2), (1...12).contains(month),
      (1...31).contains(day)
    else { return nil }
    var seconds = CalendarTime.days(year: year, month: month, day: day) * 86_400
    guard CalendarTime(WallTime(microseconds: seconds * 1_000_000)).day == day else { return nil }
    var fraction: Int64 = 0
    if !scanner.isAtEnd {
      guard scanner.skip("T") || scanner.skip("t") || scanner.skip(" "),
        let hour = scanner.number(2), scanner.skip(":"), let minute = scanner.number(2),
        hour < 24, minute < 60
      else { return nil }
      seconds += hour * 3_600 + minute * 60
      if scanner.skip(":") {
        guard let second = scanner.number(2), second < 60 else { return nil }
        seconds += second
        if scanner.skip(".") {
          guard let decimals = scanner.microseconds() else { return nil }
          fraction = decimals
        }
      }
      guard let offset = scanner.offset() else { return nil }
      seconds -= offset
    }
    guard scanner.isAtEnd else { return nil }
    microseconds = seconds * 1_000_000 + fraction
  }
}

/// Reads fixed-width numbers off the front of some ASCII.
private struct DigitScanner {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }

  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  mutating func number(_ digits: Int) -> Int64? {
    guard position + digits <= bytes.count else { return nil }
    var number: Int64 = 0
    for byte in bytes[position..<position + digits] {
      guard byte >= 0x30, byte <= 0x39 else { return nil }
      number = number * 10 + Int64(byte - 0x30)
    }
    position += digits
    return number
  }

  /// One to any number of decimals; those below the microsecond are cut off.
  mutating func microseconds() -> Int64? {
    var (value, digits): (Int64, Int) = (0, 0)
    while let digit = number(1) {
      if digits < 6 { value = value * 10 + digit }
      digits += 1
    }
    guard digits > 0 else { return nil }
    for _ in min(digits, 6)..<6 { value *= 10 }
    return value
  }

  /// Seconds east of UTC: `Z`, `+01:00`, `-0530`, or nothing.
  mutating func offset() -> Int64? {
    if isAtEnd || skip("Z") || skip("z") { return 0 }
    let sign: Int64
    if skip("+") { sign = 1 } else if skip("-") { sign = -1 } else { return nil }
    guard let hours = number(2) else { return nil }
    _ = skip(":")
    guard let minutes = isAtEnd ? 0 : number(2), hours < 24, minutes < 60 else { return nil }
    return sign * (hours * 3_600 + minutes * 60)
  }
}

extension ByteBuffer {
  /// Decimal digits with zeros in front, up to `width`.
  func append(padded number: Int64, to width: Int) {
    var limit: Int64 = 10
    var digits = 1
    while number >= limit {
      limit *= 10
      digits += 1
    }
    for _ in 0..<max(0, width - digits) { append(UInt8(ascii: "0")) }
    append(decimal: number)
  }
}

extension Int64 {
  func flooredDivision(by divisor: Int64) -> Int64 {
    self >= 0 ? self / divisor : (self - divisor + 1) / divisor
  }
}
