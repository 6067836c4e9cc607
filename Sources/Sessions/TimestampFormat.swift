package import Bytes

/// Which spellings of a time are read.
package enum TimestampLeniency: Sendable {
  /// A caller's: an RFC 3339 date-time, or a bare date, which is midnight UTC.
  case parameter
  /// A provider's: also without an offset (UTC), and with a space where the `T` belongs.
  case upstream
}

extension Timestamp {
  /// Reads `2026-04-20T09:00:00.123456+02:00` (RFC 3339, 5.6) or `2026-04-20`; nil when it is none,
  /// or no time that exists. A second of 60 is the first of the next minute.
  @inlinable package init?(_ bytes: UnsafeRawBufferPointer, _ leniency: TimestampLeniency) {
    guard let milliseconds = Self.parse(bytes, leniency) else { return nil }
    self.init(milliseconds: milliseconds)
  }

  /// The same of text.
  package init?(_ text: String, _ leniency: TimestampLeniency) {
    var text = text
    let parsed = text.withUTF8 { Self.parse(UnsafeRawBufferPointer($0), leniency) }
    guard let parsed else { return nil }
    self.init(milliseconds: parsed)
  }

  @usableFromInline static func parse(
    _ bytes: UnsafeRawBufferPointer, _ leniency: TimestampLeniency
  ) -> Int64? {
    guard bytes.count >= 10, bytes.count <= 64, let start = bytes.baseAddress else { return nil }
    if bytes.count >= 24, let common = TimestampReader.readCommon(start, bytes.count) {
      return common
    }
    var reader = TimestampReader(
      bytes: start.assumingMemoryBound(to: UInt8.self), count: bytes.count)
    return reader.read(leniency)
  }
}

/// Reads one time from bytes. Every position read is below `count`: the fixed part is read after one
/// comparison, the rest byte by byte.
private struct TimestampReader {
  let bytes: UnsafePointer<UInt8>
  let count: Int
  /// Set by any byte that should have been a digit.
  var failed = false

  init(bytes: UnsafePointer<UInt8>, count: Int) {
    self.bytes = bytes
    self.count = count
  }

  mutating func read(_ leniency: TimestampLeniency) -> Int64? {
    let year = twoDigits(0) * 100 + twoDigits(2)
    let month = twoDigits(5)
    let day = twoDigits(8)
    guard !failed, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
      month &- 1 < 12 as UInt32, day >= 1, day <= Self.days(month, year)
    else { return nil }
    let midnight = Int64(Self.daysSinceEpoch(year, month, day)) * 86_400_000
    if count == 10 { return midnight }
    guard count >= 19, separates(bytes[10], leniency), bytes[13] == UInt8(ascii: ":"),
      bytes[16] == UInt8(ascii: ":")
    else { return nil }
    let (hour, minute, second) = (twoDigits(11), twoDigits(14), twoDigits(17))
    guard !failed, hour < 24, minute < 60, second <= 60 else { return nil }
    var position = 19
    guard let milliseconds = fraction(&position),
      let offset = offsetMinutes(position, leniency)
    else { return nil }
    let minutes = Int64(hour * 60 + minute) - Int64(offset)
    // A leap second's fraction goes too: it is the first instant of the next minute.
    let within = second == 60 ? 60_000 : second * 1000 + milliseconds
    return midnight + minutes * 60_000 + Int64(within)
  }

  /// Reads the spelling that nearly all answers use, `2026-04-20T09:00:00.123456Z` with three digits
  /// of a fraction or more, as three words; nil for any other, and for no time that exists.
  /// - Precondition: `count` is at least 24, which is as far as the words go.
  @inline(__always)
  static func readCommon(_ start: UnsafeRawPointer, _ count: Int) -> Int64? {
    guard start.load(fromByteOffset: count &- 1, as: UInt8.self) == UInt8(ascii: "Z"),
      let date = Digits(start, separators: 0x2D00_002D_0000_0000),  // YYYY-MM-
      let time = Digits(start + 8, separators: 0x0000_3A00_0054_0000),  // DDThh:mm
      let rest = Digits(start + 15, separators: 0x0000_002E_0000_3A00)  // m:ss.fff
    else { return nil }
    for index in 23..<count &- 1
    where start.load(fromByteOffset: index, as: UInt8.self) &- 0x30 > 9 {
      return nil
    }
    let (year, month) = (date.pair(0) &* 100 &+ date.pair(2), date.pair(5))
    let (day, hour, minute) = (time.pair(0), time.pair(3), time.pair(6))
    let (second, milliseconds) = (rest.pair(2), rest.one(5) &* 100 &+ rest.pair(6))
    guard month &- 1 < 12, day >= 1, day <= days(month, year), hour < 24, minute < 60, second < 60
    else { return nil }
    let seconds = (hour &* 60 &+ minute) &* 60 &+ second
    return Int64(daysSinceEpoch(year, month, day)) &* 86_400_000
      &+ Int64(seconds &* 1000 &+ milliseconds)
  }

  /// Eight bytes that are digits and separators in certain places, as numbers.
  private struct Digits {
    /// Digits' values, the first lowest, and zero in the separators' places.
    private let values: UInt64
    /// Each digit's tenfold and the next one's value, at most 99 in a byte.
    private let pairs: UInt64

    /// - Parameter separators: in their places, and zero in those of digits.
    @inline(__always)
    init?(_ start: UnsafeRawPointer, separators: UInt64) {
      // Zero must come out in a separator's place, and nine at most in a digit's: adding six leaves
      // its high half empty. A byte that carries into the next has a high half of its own already.
      let zeros: UInt64 = 0x3030_3030_3030_3030
      let places = Self.places(separators)
      let word = start.loadUnaligned(as: UInt64.self).littleEndian
      values = word ^ (separators | zeros & ~places)
      guard
        values & places | (values | values &+ 0x0606_0606_0606_0606) & 0xF0F0_F0F0_F0F0_F0F0 == 0
      else { return nil }
      pairs = values &* 10 &+ values &>> 8
    }

    /// All bits of the bytes that are not zero.
    @inline(__always)
    private static func places(_ bytes: UInt64) -> UInt64 {
      ((bytes &+ 0x7F7F_7F7F_7F7F_7F7F) & 0x8080_8080_8080_8080) &>> 7 &* 0xFF
    }

    @inline(__always)
    func one(_ place: UInt64) -> UInt32 {
      UInt32(truncatingIfNeeded: values &>> (8 &* place)) & 0xFF
    }

    @inline(__always)
    func pair(_ place: UInt64) -> UInt32 {
      UInt32(truncatingIfNeeded: pairs &>> (8 &* place)) & 0xFF
    }
  }

  private func separates(_ byte: UInt8, _ leniency: TimestampLeniency) -> Bool {
    byte | 0x20 == UInt8(ascii: "t") || leniency == .upstream && byte == UInt8(ascii: " ")
  }

  @inline(__always)
  private mutating func twoDigits(_ position: Int) -> UInt32 {
    let tens = UInt32(bytes[position] &- 0x30)
    let ones = UInt32(bytes[position &+ 1] &- 0x30)
    if tens > 9 || ones > 9 { failed = true }
    return tens &* 10 &+ ones
  }

  /// The milliseconds of an optional fraction; further digits are stepped over.
  private func fraction(_ position: inout Int) -> UInt32? {
    guard position < count, bytes[position] == UInt8(ascii: ".") else { return 0 }
    position &+= 1
    let start = position
    var (value, scale): (UInt32, UInt32) = (0, 100)
    while position < count, bytes[position] &- 0x30 < 10 {
      value &+= UInt32(bytes[position] &- 0x30) &* scale
      scale /= 10
      position &+= 1
    }
    return position > start ? value : nil
  }

  /// Minutes east of UTC that end the text at `position`: `Z`, `+hh:mm`, or for a provider nothing.
  private mutating func offsetMinutes(_ position: Int, _ leniency: TimestampLeniency) -> Int32? {
    guard position < count else { return leniency == .upstream ? 0 : nil }
    let sign = bytes[position]
    if sign | 0x20 == UInt8(ascii: "z") { return position &+ 1 == count ? 0 : nil }
    guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), count &- position == 6,
      bytes[position &+ 3] == UInt8(ascii: ":")
    else { return nil }
    let (hours, minutes) = (twoDigits(position &+ 1), twoDigits(position &+ 4))
    guard !failed, hours < 24, minutes < 60 else { return nil }
    let offset = Int32(hours * 60 + minutes)
    return sign == UInt8(ascii: "-") ? -offset : offset
  }

  private static func days(_ month: UInt32, _ year: UInt32) -> UInt32 {
    if month == 2 { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28 }
    return 30 + (month ^ month >> 3) & 1
  }

  /// Days from 1970-01-01 in the proleptic Gregorian calendar. Years count from March, so that the
  /// leap day ends one, and 306 days lie between 1 March of year 0 and the next year's January.
  @inline(__always)
  private static func daysSinceEpoch(_ year: UInt32, _ month: UInt32, _ day: UInt32) -> Int32 {
    // January and February count as the months 10 and 11 of the year before.
    let isEarly: UInt32 = month < 3 ? 1 : 0
    // 400 years are added and their 146,097 days taken off, so that year 0 divides like any other.
    let years = year &+ 400 &- isEarly
    let dayOfYear = (153 &* (month &+ 12 &* isEarly &- 3) &+ 2) / 5 &+ day &- 1
    let leapDays = years / 4 &- years / 100 &+ years / 400
    return Int32(bitPattern: years &* 365 &+ leapDays &+ dayOfYear) &- 719_468 &- 146_097
  }
}

extension Timestamp {
  /// Bytes of a time as `append(_:)` writes it.
  package static let textLength = 24
  /// Of them up to the time: `2026-04-20T`.
  static let dateLength = 11

  /// Times that the four digits of a year can say; what lies beyond is written as the nearest.
  private static let expressible: ClosedRange<Int64> = -62_167_219_200_000...253_402_300_799_999

  /// Writes `2026-04-20T09:00:00.000Z` to `output`, which has room for `textLength` bytes.
  func write(to output: UnsafeMutablePointer<UInt8>) {
    let (day, time) = dayAndTime
    Self.write(day: day, to: output)
    Self.write(time: time, to: output + Self.dateLength)
  }

  /// The day in UTC, counted from 1 March of the year -400 so that no division sees a negative number,
  /// and the milliseconds since it began.
  var dayAndTime: (day: UInt64, time: UInt32) {
    let clamped = min(max(milliseconds, Self.expressible.lowerBound), Self.expressible.upperBound)
    let sinceStart = UInt64(clamped &+ (719_468 + 146_097) * 86_400_000)
    let day = sinceStart / 86_400_000
    return (day, UInt32(truncatingIfNeeded: sinceStart &- day &* 86_400_000))
  }

  /// Writes `2026-04-20T`: `dateLength` bytes.
  static func write(day: UInt64, to output: UnsafeMutablePointer<UInt8>) {
    let (year, month, day) = civil(UInt32(day))
    twoDigits(year / 100, output)
    twoDigits(year % 100, output + 2)
    output[4] = UInt8(ascii: "-")
    twoDigits(month, output + 5)
    output[7] = UInt8(ascii: "-")
    twoDigits(day, output + 8)
    output[10] = UInt8(ascii: "T")
  }

  /// Writes `09:00:00.000Z`.
  static func write(time milliseconds: UInt32, to output: UnsafeMutablePointer<UInt8>) {
    let seconds = milliseconds / 1000
    let minutes = seconds / 60
    let hours = minutes / 60
    let fraction = milliseconds &- seconds &* 1000
    twoDigits(hours, output)
    output[2] = UInt8(ascii: ":")
    twoDigits(minutes &- hours &* 60, output + 3)
    output[5] = UInt8(ascii: ":")
    twoDigits(seconds &- minutes &* 60, output + 6)
    output[8] = UInt8(ascii: ".")
    output[9] = UInt8(truncatingIfNeeded: 0x30 &+ fraction / 100)
    twoDigits(fraction % 100, output + 10)
    output[12] = UInt8(ascii: "Z")
  }

  /// Below 100.
  @inline(__always)
  private static func twoDigits(_ value: UInt32, _ output: UnsafeMutablePointer<UInt8>) {
    let tens = value / 10
    output[0] = UInt8(truncatingIfNeeded: 0x30 &+ tens)
    output[1] = UInt8(truncatingIfNeeded: 0x30 &+ value &- tens &* 10)
  }

  /// Year, month and day of a day counted from 1 March of the year -400.
  private static func civil(_ days: UInt32) -> (year: UInt32, month: UInt32, day: UInt32) {
    let era = days / 146_097
    let dayOfEra = days % 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shifted + 2) / 5 + 1
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0) - 400, month, day)
  }

  /// `2026-04-20T09:00:00.000Z`; for messages, parameters and tests.
  package var text: String {
    String(unsafeUninitializedCapacity: Self.textLength) { output in
      guard let start = output.baseAddress else { return 0 }
      write(to: start)
      return Self.textLength
    }
  }
}

extension ByteBuffer {
  /// Appends `2026-04-20T09:00:00.000Z`, without quotes.
  package func append(_ timestamp: Timestamp) {
    appendUnsafe(minimum: Timestamp.textLength) { space in
      guard let start = space.baseAddress else { return 0 }
      timestamp.write(to: start.assumingMemoryBound(to: UInt8.self))
      return Timestamp.textLength
    }
  }
}
