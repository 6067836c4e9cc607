package import Bytes

/// Dates as HTTP writes them, `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7).
package enum HTTPDate {
  /// - Parameter seconds: since 1970-01-01T00:00:00Z, leap seconds not counted; not negative.
  package static func append(secondsSince1970 seconds: Int64, to buffer: ByteBuffer) {
    let days = seconds / 86_400
    let (year, month, day) = civil(days)
    appendName(of: "ThuFriSatSunMonTueWed", Int(days % 7), buffer)
    buffer.append(", ")
    appendTwoDigits(day, buffer)
    buffer.append(UInt8(ascii: " "))
    appendName(of: "JanFebMarAprMayJunJulAugSepOctNovDec", month - 1, buffer)
    buffer.append(UInt8(ascii: " "))
    appendTwoDigits(year / 100, buffer)
    appendTwoDigits(year % 100, buffer)
    buffer.append(UInt8(ascii: " "))
    let second = Int(seconds % 86_400)
    appendTwoDigits(second / 3_600, buffer)
    buffer.append(UInt8(ascii: ":"))
    appendTwoDigits(second / 60 % 60, buffer)
    buffer.append(UInt8(ascii: ":"))
    appendTwoDigits(second % 60, buffer)
    buffer.append(" GMT")
  }

  /// Year, month and day of a day since 1970-01-01. Years begin in March here, so that the leap day
  /// is a year's last and months have a fixed pattern of lengths.
  private static func civil(_ days: Int64) -> (year: Int, month: Int, day: Int) {
    let shifted = Int(days) + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  private static func appendName(of names: StaticString, _ index: Int, _ buffer: ByteBuffer) {
    buffer.append(UnsafeRawBufferPointer(start: names.utf8Start + 3 * index, count: 3))
  }

  private static func appendTwoDigits(_ value: Int, _ buffer: ByteBuffer) {
    buffer.append(UInt8(truncatingIfNeeded: 0x30 + value / 10 % 10))
    buffer.append(UInt8(truncatingIfNeeded: 0x30 + value % 10))
  }
}
