/// Reads `Retry-After` (RFC 9110, 10.2.3): seconds, or a date in any of the three forms that a
/// recipient must take (RFC 9110, 5.6.7).
enum RetryAfter {
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
  /// More digits than any delay that is meant.
  private static let maximumDigits = 10

  /// - Parameter wallSeconds: seconds since 1970 now.
  /// - Returns: how long to wait, not negative; nil when the value is neither form.
  static func delay(_ value: String, wallSeconds: Int64) -> Duration? {
    if !value.isEmpty, value.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) {
      return .seconds(Int64(value.prefix(maximumDigits)) ?? 0)
    }
    return date(value, wallSeconds: wallSeconds).map { .seconds(max(0, $0 - wallSeconds)) }
  }

  /// Seconds since 1970.
  private static func date(_ text: String, wallSeconds: Int64) -> Int64? {
    let words = text.split(whereSeparator: { $0 == " " || $0 == "," }).map(String.init)
    switch words.count {
    case 6 where words[5] == "GMT":  // Sun, 06 Nov 1994 08:49:37 GMT
      return seconds(day: words[1], month: words[2], year: Int(words[3]), time: words[4])
    case 4 where words[3] == "GMT":  // Sunday, 06-Nov-94 08:49:37 GMT
      let parts = words[1].split(separator: "-").map(String.init)
      guard parts.count == 3, let short = Int(parts[2]), short >= 0, short < 100 else {
        return nil
      }
      // A year that seems more than 50 years ahead is one of the past.
      let thisYear = 1970 + Int(wallSeconds / 31_556_952)
      var year = thisYear / 100 * 100 + short
      if year > thisYear + 50 { year -= 100 }
      return seconds(day: parts[0], month: parts[1], year: year, time: words[2])
    case 5:  // Sun Nov  6 08:49:37 1994
      return seconds(day: words[2], month: words[1], year: Int(words[4]), time: words[3])
    default:
      return nil
    }
  }

  private static func seconds(day: String, month: String, year: Int?, time: String) -> Int64? {
    let clock = time.split(separator: ":").compactMap { Int($0) }
    guard let day = Int(day), (1...31).contains(day),
      let month = months.firstIndex(of: month), let year, (1970...9999).contains(year),
      clock.count == 3, (0..<24).contains(clock[0]), (0..<60).contains(clock[1]),
      (0...60).contains(clock[2])
    else { return nil }
    // Years begin in March, so that the leap day is the last of a year.
    let shiftedYear = Int64(month < 2 ? year - 1 : year)
    let shiftedMonth = Int64((month + 10) % 12)
    let days =
      365 * shiftedYear + shiftedYear / 4 - shiftedYear / 100 + shiftedYear / 400
      + (153 * shiftedMonth + 2) / 5 + Int64(day) - 719_469
    return days * 86_400 + Int64(clock[0] * 3600 + clock[1] * 60 + clock[2])
  }
}
