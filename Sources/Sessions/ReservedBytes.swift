import JSON

/// Writes into room that was reserved before, without a check a piece: whoever makes one has counted
/// what it may take. Literals are copied by an instruction or two, since everything here is inlined.
struct ReservedBytes {
  private(set) var end: UnsafeMutableRawPointer
  /// The day that was written last, and where.
  private var latestDay: (number: UInt64, text: UnsafeMutableRawPointer)

  init(at start: UnsafeMutableRawPointer) {
    end = start
    latestDay = (.max, start)
  }

  @inline(__always)
  mutating func append(_ text: StaticString) {
    end.copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
    end += text.utf8CodeUnitCount
  }

  @inline(__always)
  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    end.copyMemory(from: start, byteCount: bytes.count)
    end += bytes.count
  }

  /// Appends UTF-8 escaped for the inside of a string: at most six times as many bytes. Returns them, as
  /// they stand here.
  mutating func appendEscaped(_ utf8: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    let start = end
    end += JSONText.escape(utf8, into: end.assumingMemoryBound(to: UInt8.self))
    return UnsafeRawBufferPointer(start: start, count: end - start)
  }

  /// Appends a value as it stands, null when it is absent: at most three times its length, or four.
  @inline(__always)
  mutating func append(json token: JSONToken, in source: UnsafeRawBufferPointer) {
    switch token.kind {
    case .absent, .null:
      append("null")
    case .escapedString:
      append("\"")
      append(contentOf: token, in: source)
      append("\"")
    default:
      append(UnsafeRawBufferPointer(rebasing: source[token.range]))
    }
  }

  /// Appends the inside of a string token.
  mutating func append(contentOf token: JSONToken, in source: UnsafeRawBufferPointer) {
    end += JSONText.write(
      contentOf: token, in: source, to: end.assumingMemoryBound(to: UInt8.self))
  }

  /// A session's times are of one day, mostly: its date is worked out once.
  mutating func append(_ timestamp: Timestamp) {
    let (day, time) = timestamp.dayAndTime
    if day == latestDay.number {
      end.copyMemory(from: latestDay.text, byteCount: Timestamp.dateLength)
    } else {
      Timestamp.write(day: day, to: end.assumingMemoryBound(to: UInt8.self))
      latestDay = (day, end)
    }
    end += Timestamp.dateLength
    Timestamp.write(time: time, to: end.assumingMemoryBound(to: UInt8.self))
    end += Timestamp.textLength - Timestamp.dateLength
  }

  /// Appends decimal digits: at most twenty bytes.
  mutating func append(decimal number: Int64) {
    if number < 0 { append("-") }
    var magnitude = number.magnitude
    var count = 1
    var limit: UInt64 = 10
    while magnitude >= limit, count < 19 { (limit, count) = (limit &* 10, count + 1) }
    for index in stride(from: count - 1, through: 0, by: -1) {
      end.storeBytes(
        of: UInt8(truncatingIfNeeded: 0x30 + magnitude % 10), toByteOffset: index, as: UInt8.self)
      magnitude /= 10
    }
    end += count
  }
}
