/// Steps over JSON (RFC 8259) and checks every byte that it steps over, without keeping any of it.
///
/// Positions are offsets into `base`; every read of a byte is preceded by a comparison of its
/// position with `end`, or is of one that `special` marks, all of which lie before it; every wider read is
/// preceded by a comparison with `end` minus its width. So nothing is read outside of the bytes given.
struct JSONScanner {
  let base: UnsafePointer<UInt8>
  let end: Int
  let special: SpecialBytes

  /// Bytes that a name is compared by, and a word looked at with.
  static let blockLength = 32
  /// A block may be read from here and from every position before; negative when none may.
  var lastBlock: Int { end &- Self.blockLength }

  /// Open containers at a time. The kinds of the open ones are the bits of one word; what the
  /// providers document nests to eight.
  static let maximumDepth = 64

  // MARK: Values

  /// Steps over the value at `start`, which is no white space, inside `depth` open containers.
  @inline(never)
  func skipValue(_ start: Int, depth: Int) throws(JSONError) -> Int {
    var position = start
    var level = depth
    /// One bit for each container opened here, the innermost lowest: 1 is an object.
    var kinds: UInt64 = 0
    while true {
      // At a value, or at the name before it.
      if kinds & 1 != 0 { position = try skipKey(position).value }
      let first = base[position]
      if first == UInt8(ascii: "\"") {
        position = try skipString(position &+ 1).end
      } else if first | 0x20 == UInt8(ascii: "{") {
        let isObject = first == UInt8(ascii: "{")
        (kinds, level) = (kinds &<< 1 | (isObject ? 1 : 0), level &+ 1)
        guard level <= Self.maximumDepth else { throw JSONError(.tooDeep, at: position &+ 1) }
        position = try skipSpace(position &+ 1)
        // Brackets and braces close two beyond where they open.
        guard base[position] == first &+ 2 else { continue }
        (position, kinds, level) = (position &+ 1, kinds &>> 1, level &- 1)
      } else {
        position = try skipLiteral(position).end
      }
      while true {
        if level == depth { return position }
        position = try skipSpace(position)
        let byte = base[position]
        if byte == UInt8(ascii: ",") { break }
        guard byte == (kinds & 1 != 0 ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
          throw JSONError(.unexpectedByte, at: position)
        }
        (position, kinds, level) = (position &+ 1, kinds &>> 1, level &- 1)
      }
      position = try skipSpace(position &+ 1)
    }
  }

  /// Where a member's name lies, without its quotes, and where its value begins.
  struct Key {
    var start: Int
    var end: Int
    var isEscaped: Bool
    var value: Int
  }

  /// Steps over a member's name at `start`, which may be read, its colon and the white space around that.
  @inline(__always)
  func skipKey(_ start: Int) throws(JSONError) -> Key {
    guard base[start] == UInt8(ascii: "\"") else { throw JSONError(.unexpectedByte, at: start) }
    let name = try skipString(start &+ 1)
    var position = try skipSpace(name.end)
    guard base[position] == UInt8(ascii: ":") else {
      throw JSONError(.unexpectedByte, at: position)
    }
    position = try skipSpace(position &+ 1)
    return Key(
      start: start &+ 1, end: name.end &- 1, isEscaped: name.isEscaped, value: position)
  }

  // MARK: Space, words, numbers

  /// Steps over a word or a number.
  @inline(__always)
  func skipLiteral(_ start: Int) throws(JSONError) -> (end: Int, kind: JSONToken.Kind) {
    if start <= lastBlock {
      let word = UnsafeRawPointer(base + start).loadUnaligned(as: UInt64.self).littleEndian
      let four = UInt32(truncatingIfNeeded: word)
      if four == 0x6C6C_756E { return (start &+ 4, .null) }
      if four == 0x6575_7274 { return (start &+ 4, .true) }
      if word & 0xFF_FFFF_FFFF == 0x65_736C_6166 { return (start &+ 5, .false) }
    }
    return try skipAnyLiteral(start)
  }

  @inline(never)
  private func skipAnyLiteral(
    _ start: Int
  ) throws(JSONError) -> (end: Int, kind: JSONToken.Kind) {
    switch base[start] {
    case UInt8(ascii: "n"): (try skipWord("null", start), .null)
    case UInt8(ascii: "t"): (try skipWord("true", start), .true)
    case UInt8(ascii: "f"): (try skipWord("false", start), .false)
    default: (try skipNumber(start), .number)
    }
  }

  /// The first position from `start` on that is no white space. Throws at the end of the bytes, so
  /// that the caller may read there.
  @inline(__always)
  func skipSpace(_ start: Int) throws(JSONError) -> Int {
    if start < end, base[start] > 0x20 { return start }
    return try skipSpaceRun(start)
  }

  @inline(never)
  private func skipSpaceRun(_ start: Int) throws(JSONError) -> Int {
    let position = skipTrailingSpace(start)
    guard position < end else { throw JSONError(.unexpectedEnd, at: position) }
    return position
  }

  /// The first position from `start` on that is no white space, or `end`.
  func skipTrailingSpace(_ start: Int) -> Int {
    var position = start
    while position < end {
      switch base[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position &+= 1
      default: return position
      }
    }
    return position
  }

  private func skipWord(_ word: StaticString, _ start: Int) throws(JSONError) -> Int {
    let length = word.utf8CodeUnitCount
    for index in 0..<min(length, end &- start) where base[start &+ index] != word.utf8Start[index] {
      throw JSONError(.unexpectedByte, at: start)
    }
    guard end &- start >= length else { throw JSONError(.unexpectedEnd, at: start) }
    return start &+ length
  }

  /// Steps over a number: sign, integer without leading zeros, fraction, exponent.
  @inline(__always)
  private func skipNumber(_ start: Int) throws(JSONError) -> Int {
    var position = start
    if base[position] == UInt8(ascii: "-") { position &+= 1 }
    guard position < end, base[position] &- 0x30 < 10 else {
      throw JSONError(position == start ? .unexpectedByte : .invalidNumber, at: position)
    }
    if base[position] == UInt8(ascii: "0") {
      position &+= 1
    } else {
      position = skipDigits(position)
    }
    guard position < end else { return position }
    if base[position] == UInt8(ascii: ".") {
      let digits = position &+ 1
      position = skipDigits(digits)
      guard position > digits else { throw JSONError(.invalidNumber, at: position) }
    }
    guard position < end, base[position] | 0x20 == UInt8(ascii: "e") else { return position }
    position &+= 1
    if position < end,
      base[position] == UInt8(ascii: "+") || base[position] == UInt8(ascii: "-")
    {
      position &+= 1
    }
    let digits = position
    position = skipDigits(digits)
    guard position > digits else { throw JSONError(.invalidNumber, at: position) }
    return position
  }

  @inline(__always)
  private func skipDigits(_ start: Int) -> Int {
    var position = start
    while position < end, base[position] &- 0x30 < 10 { position &+= 1 }
    return position
  }
}
