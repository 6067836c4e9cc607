import Glibc

/// Cuts a message head into lines as its bytes arrive and collects the field lines. Bytes already
/// searched are not searched again, so that a head that comes byte by byte costs its length once.
struct HeadScanner {
  private(set) var framing = FramingFields()
  /// Where the field lines begin.
  private var fieldsStart = 0
  private var lineStart = 0
  private var searched = 0
  private var entries: [Fields.Entry] = []

  /// Bytes of the lines given so far.
  var consumed: Int { lineStart }

  /// The next line without its CRLF, or nil while its end has not arrived. Only CRLF ends a line:
  /// RFC 9112, 2.2 lets a recipient take a bare LF, and smuggling lives on those who differ.
  /// - Parameter limit: the line must end within so many bytes of the head, else `excess` comes.
  mutating func nextLine(
    _ bytes: UnsafeRawBufferPointer, limit: Int, excess: @autoclosure () -> ProtocolError
  ) throws(ProtocolError) -> Range<Int>? {
    let end = min(bytes.count, limit)
    guard searched < end,
      let start = bytes.baseAddress,
      let found = memchr(start + searched, 0x0A, end - searched)
    else {
      searched = max(searched, end)
      if bytes.count >= limit { throw excess() }
      return nil
    }
    let feed = UnsafeRawPointer(found) - start
    guard feed > lineStart, bytes[feed - 1] == 0x0D else {
      throw ProtocolError(400, "a line ends with a bare LF")
    }
    let line = lineStart..<feed - 1
    lineStart = feed + 1
    searched = lineStart
    return line
  }

  mutating func beginFields() {
    fieldsStart = lineStart
    entries.reserveCapacity(16)
  }

  /// Reads field lines; true after the empty line that ends the head.
  mutating func readFields(
    _ bytes: UnsafeRawBufferPointer, limits: HeadLimits
  ) throws(ProtocolError) -> Bool {
    while let line = try nextLine(
      bytes, limit: limits.headBytes, excess: ProtocolError(431, "the head is too long"))
    {
      if line.isEmpty { return true }
      if entries.count == limits.fieldCount { throw ProtocolError(431, "too many fields") }
      try readField(bytes, line)
    }
    return false
  }

  /// The fields read, copied out of `bytes` at once.
  mutating func takeFields(_ bytes: UnsafeRawBufferPointer) -> Fields {
    Fields(block: bytes.slice(fieldsStart..<lineStart), entries: entries)
  }

  /// `field-name ":" OWS field-value OWS` (RFC 9112, 5).
  private mutating func readField(
    _ bytes: UnsafeRawBufferPointer, _ line: Range<Int>
  ) throws(ProtocolError) {
    var colon = line.lowerBound
    while colon < line.upperBound, ByteSet.token.contains(bytes[colon]) { colon += 1 }
    guard colon < line.upperBound, colon > line.lowerBound, bytes[colon] == UInt8(ascii: ":") else {
      throw ProtocolError(400, Self.nameFault(bytes, line, stop: colon))
    }
    let value = bytes.trimmingSpace(colon + 1..<line.upperBound)
    guard bytes.slice(value).isFieldValue else {
      throw ProtocolError(400, "a field value holds a control character")
    }
    try framing.note(bytes.slice(line.lowerBound..<colon), bytes.slice(value))
    entries.append(
      Fields.Entry(
        name: line.lowerBound - fieldsStart..<colon - fieldsStart,
        value: value.lowerBound - fieldsStart..<value.upperBound - fieldsStart))
  }

  private static func nameFault(
    _ bytes: UnsafeRawBufferPointer, _ line: Range<Int>, stop: Int
  ) -> String {
    if isSpace(bytes[line.lowerBound]) { return "a field line is folded" }
    if stop == line.upperBound { return "a field line has no colon" }
    if stop == line.lowerBound { return "a field has no name" }
    return isSpace(bytes[stop])
      ? "space stands before a field's colon" : "a field name holds a character it may not"
  }
}
