/// Steps over JSON (RFC 8259) and checks every byte that it steps over, without keeping any of it.
///
/// Positions are offsets into `base`; every read of a byte is preceded by a comparison of its
/// position with `end`, and every wider read by one with `end` minus its width, so that nothing is
/// read outside of the bytes given.
struct JSONScanner {
  let base: UnsafePointer<UInt8>
  let end: Int

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
      guard position < end else { throw JSONError(.unexpectedEnd, at: position) }
      var opened = false
      switch base[position] {
      case UInt8(ascii: "\""):
        position = try skipString(position &+ 1).end
      case UInt8(ascii: "{"):
        (position, kinds, level) = (position &+ 1, kinds &<< 1 | 1, level &+ 1)
        opened = true
      case UInt8(ascii: "["):
        (position, kinds, level) = (position &+ 1, kinds &<< 1, level &+ 1)
        opened = true
      default:
        position = try skipLiteral(position)
      }
      if opened {
        guard level <= Self.maximumDepth else { throw JSONError(.tooDeep, at: position) }
        position = try skipSpace(position)
        if base[position] == (kinds & 1 != 0 ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
          (position, kinds, level) = (position &+ 1, kinds &>> 1, level &- 1)
        } else {
          if kinds & 1 != 0 { position = try skipKey(position).value }
          continue
        }
      }
      while true {
        if level == depth { return position }
        position = try skipSpace(position)
        let byte = base[position]
        if byte == UInt8(ascii: ",") {
          position = try skipSpace(position &+ 1)
          if kinds & 1 != 0 { position = try skipKey(position).value }
          break
        }
        guard byte == (kinds & 1 != 0 ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
          throw JSONError(.unexpectedByte, at: position)
        }
        (position, kinds, level) = (position &+ 1, kinds &>> 1, level &- 1)
      }
    }
  }

  /// Where a member's name lies, without its quotes, and where its value begins.
  struct Key {
    var start: Int
    var end: Int
    var isEscaped: Bool
    var value: Int
  }

  /// Steps over a member's name, its colon and the white space around that.
  @inline(__always)
  func skipKey(_ start: Int) throws(JSONError) -> Key {
    guard start < end, base[start] == UInt8(ascii: "\"") else {
      throw JSONError(start < end ? .unexpectedByte : .unexpectedEnd, at: start)
    }
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
  func skipLiteral(_ start: Int) throws(JSONError) -> Int {
    switch base[start] {
    case UInt8(ascii: "n"): try skipWord(0x6C6C_756E, 4, start)
    case UInt8(ascii: "t"): try skipWord(0x6575_7274, 4, start)
    case UInt8(ascii: "f"): try skipWord(0x65_736C_6166, 5, start)
    default: try skipNumber(start)
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

  /// Steps over `true`, `false` or `null`, given as a little-endian word of `length` bytes.
  @inline(__always)
  private func skipWord(_ word: UInt64, _ length: Int, _ start: Int) throws(JSONError) -> Int {
    if end &- start >= 8 {
      let found = UnsafeRawPointer(base + start).loadUnaligned(as: UInt64.self).littleEndian
      guard (found ^ word) &<< UInt64(truncatingIfNeeded: 64 &- 8 &* length) == 0 else {
        throw JSONError(.unexpectedByte, at: start)
      }
      return start &+ length
    }
    guard end &- start >= length else { throw JSONError(.unexpectedEnd, at: start) }
    for index in 0..<length
    where base[start &+ index] != UInt8(truncatingIfNeeded: word &>> UInt64(8 &* index)) {
      throw JSONError(.unexpectedByte, at: start)
    }
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
