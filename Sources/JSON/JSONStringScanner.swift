extension JSONScanner {
  /// Steps over a string from the byte after its opening quote to the one after its closing quote,
  /// and says whether it holds an escape. Most are short and plain: one look at what is special.
  @inline(__always)
  func skipString(_ start: Int) throws(JSONError) -> (end: Int, isEscaped: Bool) {
    let found = special.from(start)
    if found != 0 {
      let position = start &+ found.trailingZeroBitCount
      if base[position] == UInt8(ascii: "\"") { return (position &+ 1, false) }
    }
    return try skipAnyString(start)
  }

  @inline(never)
  private func skipAnyString(_ start: Int) throws(JSONError) -> (end: Int, isEscaped: Bool) {
    var position = start
    var isEscaped = false
    while position < end {
      let first = position
      var found = special.from(first)
      position = SpecialBytes.reach(first)
      while found != 0 {
        let next = first &+ found.trailingZeroBitCount
        if base[next] == UInt8(ascii: "\"") { return (next &+ 1, isEscaped) }
        let after = try skipSpecial(next, &isEscaped)
        // It may go on beyond what was looked at.
        if after >= position {
          position = after
          break
        }
        found &= .max &<< UInt64(truncatingIfNeeded: after &- first)
      }
    }
    throw JSONError(.unexpectedEnd, at: end)
  }

  /// Steps over what is neither plain nor the string's end.
  @inline(__always)
  private func skipSpecial(_ position: Int, _ isEscaped: inout Bool) throws(JSONError) -> Int {
    let byte = base[position]
    if byte == UInt8(ascii: "\\") {
      isEscaped = true
      return try skipEscape(position)
    }
    guard byte >= 0x80 else { throw JSONError(.controlCharacter, at: position) }
    return try skipScalar(position)
  }

  /// Steps over the escape whose backslash is at `start`. A lone surrogate is allowed, as the
  /// grammar does; it is decoded as U+FFFD.
  @inline(__always)
  private func skipEscape(_ start: Int) throws(JSONError) -> Int {
    guard end &- start >= 2 else { throw JSONError(.unexpectedEnd, at: end) }
    switch base[start &+ 1] {
    case UInt8(ascii: "n"), UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"),
      UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      return start &+ 2
    case UInt8(ascii: "u"):
      guard end &- start >= 6 else { throw JSONError(.unexpectedEnd, at: end) }
      for offset in 2..<6 where !Self.isHexadecimal(base[start &+ offset]) {
        throw JSONError(.invalidEscape, at: start)
      }
      return start &+ 6
    default:
      throw JSONError(.invalidEscape, at: start)
    }
  }

  @inline(__always)
  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 6
  }

  /// Steps over the UTF-8 sequence at `start`, whose first byte is 0x80 or above (RFC 3629, 4: no
  /// overlong forms, no surrogates, nothing above U+10FFFF).
  @inline(__always)
  private func skipScalar(_ start: Int) throws(JSONError) -> Int {
    let first = base[start]
    let left = end &- start
    if first &- 0xC2 < 0x1E {
      guard left >= 2, isContinuation(start &+ 1) else {
        throw JSONError(.invalidUTF8, at: start)
      }
      return start &+ 2
    }
    if first & 0xF0 == 0xE0 {
      guard left >= 3, isContinuation(start &+ 1), isContinuation(start &+ 2) else {
        throw JSONError(.invalidUTF8, at: start)
      }
      let second = base[start &+ 1]
      let isOverlong = first == 0xE0 && second < 0xA0
      let isSurrogate = first == 0xED && second >= 0xA0
      guard !isOverlong, !isSurrogate else { throw JSONError(.invalidUTF8, at: start) }
      return start &+ 3
    }
    guard first &- 0xF0 < 5, left >= 4, isContinuation(start &+ 1), isContinuation(start &+ 2),
      isContinuation(start &+ 3)
    else { throw JSONError(.invalidUTF8, at: start) }
    let second = base[start &+ 1]
    let isOverlong = first == 0xF0 && second < 0x90
    let isBeyondUnicode = first == 0xF4 && second >= 0x90
    guard !isOverlong, !isBeyondUnicode else { throw JSONError(.invalidUTF8, at: start) }
    return start &+ 4
  }

  @inline(__always)
  private func isContinuation(_ position: Int) -> Bool {
    base[position] & 0xC0 == 0x80
  }
}
