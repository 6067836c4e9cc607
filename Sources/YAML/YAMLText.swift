/// The characters of a text, before anybody looks at its structure.
enum YAMLText {
  /// The text with LF as the only end of line, and without a byte order mark at its beginning.
  static func bytes(_ text: String) throws(YAMLError) -> [UInt8] {
    var scalars = Substring(text).unicodeScalars
    if scalars.first == "\u{FEFF}" { scalars.removeFirst() }
    let bytes = String(scalars).utf8.filter { $0 != 0x0D }
    var line = 1
    var isAfterReturn = false
    for scalar in scalars {
      if isAfterReturn, scalar != "\n" { break }
      isAfterReturn = scalar == "\r"
      switch scalar.value {
      case 0x0A: line += 1
      // Line ends in YAML 1.1, and none in 1.2, 5.4.
      case 0x85, 0x2028, 0x2029: throw YAMLError(line, .lineEnd)
      case 0x09, 0x0D, 0x20...0x7E, 0xA0...0xFEFE, 0xFF00...0xFFFD, 0x1_0000...0x10_FFFF: break
      case 0xFEFF: throw YAMLError(line, .byteOrderMark)
      default: throw YAMLError(line, .control)
      }
    }
    if isAfterReturn { throw YAMLError(line, .lineEnd) }
    return bytes
  }
}
