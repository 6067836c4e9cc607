/// A set of ASCII bytes as two words: membership is a shift, without a table in memory.
struct ByteSet {
  let low: UInt64
  let high: UInt64

  /// `tchar` (RFC 9110, 5.6.2).
  static let token = ByteSet(low: 0x03FF_6CFA_0000_0000, high: 0x57FF_FFFF_C7FF_FFFE)
  /// `unreserved` (RFC 3986, 2.3): what percent-encoding leaves as it is.
  static let unreserved = ByteSet(low: 0x03FF_6000_0000_0000, high: 0x47FF_FFFE_87FF_FFFE)
  /// `pchar`, `%` and `/` (RFC 3986, 3.3).
  static let path = ByteSet(low: 0x2FFF_FFF2_0000_0000, high: 0x47FF_FFFE_87FF_FFFF)
  /// The same and `?` (RFC 3986, 3.4).
  static let query = ByteSet(low: 0xAFFF_FFF2_0000_0000, high: 0x47FF_FFFE_87FF_FFFF)
  /// `reg-name` with `%` (RFC 3986, 3.2.2).
  static let registeredName = ByteSet(low: 0x2BFF_7FF2_0000_0000, high: 0x47FF_FFFE_87FF_FFFE)

  @inline(__always)
  func contains(_ byte: UInt8) -> Bool {
    if byte < 64 { return (low >> UInt64(byte)) & 1 != 0 }
    if byte < 128 { return (high >> UInt64(byte &- 64)) & 1 != 0 }
    return false
  }

  @inline(__always)
  func containsAll(_ bytes: UnsafeRawBufferPointer) -> Bool {
    for byte in bytes where !contains(byte) { return false }
    return true
  }
}

extension UnsafeRawBufferPointer {
  @inline(__always)
  func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: self[range])
  }

  /// One or more `tchar`.
  var isToken: Bool { !isEmpty && ByteSet.token.containsAll(self) }

  /// `field-value` (RFC 9110, 5.5): visible characters, bytes from 0x80, space and tab.
  var isFieldValue: Bool {
    var offset = 0
    while offset &+ 8 <= count {
      let word = loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      // The high bit of a byte is set where it is below 0x20 or is 0x7F (or follows such a byte).
      let control = (word &- 0x2020_2020_2020_2020) & ~word
      let delete = word ^ 0x7F7F_7F7F_7F7F_7F7F
      let suspects = (control | ((delete &- 0x0101_0101_0101_0101) & ~delete))
      if suspects & 0x8080_8080_8080_8080 != 0 {
        for index in offset..<offset &+ 8 where !isFieldByte(self[index]) { return false }
      }
      offset &+= 8
    }
    while offset < count {
      if !isFieldByte(self[offset]) { return false }
      offset &+= 1
    }
    return true
  }

  /// The range without spaces and tabs at both ends.
  func trimmingSpace(_ range: Range<Int>) -> Range<Int> {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end, isSpace(self[start]) { start += 1 }
    while end > start, isSpace(self[end - 1]) { end -= 1 }
    return start..<end
  }

  /// Compares without case with `text`, which is lower-case.
  @inline(__always)
  func equalsIgnoringCase(_ text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount else { return false }
    for index in 0..<count where lowercased(self[index]) != text.utf8Start[index] { return false }
    return true
  }

  /// Calls `element` with each non-empty element of a comma-separated list (RFC 9110, 5.6.1);
  /// quoted strings are not looked into, so it serves lists of tokens only.
  func forEachListElement<E: Error>(
    _ element: (UnsafeRawBufferPointer) throws(E) -> Void
  ) throws(E) {
    var start = 0
    while start <= count {
      var end = start
      while end < count, self[end] != UInt8(ascii: ",") { end += 1 }
      let range = trimmingSpace(start..<end)
      if !range.isEmpty { try element(slice(range)) }
      start = end + 1
    }
  }
}

@inline(__always)
func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

@inline(__always)
func isFieldByte(_ byte: UInt8) -> Bool { byte == 0x09 || (byte >= 0x20 && byte != 0x7F) }

@inline(__always)
func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

@inline(__always)
func lowercased(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

/// The value of a hexadecimal digit.
@inline(__always)
func hexValue(_ byte: UInt8) -> UInt8? {
  if byte &- 0x30 < 10 { return byte &- 0x30 }
  let letter = (byte | 0x20) &- 0x61
  return letter < 6 ? letter &+ 10 : nil
}
