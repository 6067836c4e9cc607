/// Text for a terminal's columns: without anything that moves its cursor, and by the width at which
/// it is shown.
package enum TerminalText {
  /// Control characters, and those that turn the direction of what follows, become `?`. Joiners stay:
  /// emoji and some scripts are spelt with them.
  package static func printable(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
    let shown = text.unicodeScalars.map { isPrintable($0) ? $0 : "?" }
    return String(String.UnicodeScalarView(shown))
  }

  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    if scalar == "\u{200C}" || scalar == "\u{200D}" { return true }
    return switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator, .format: false
    default: true
    }
  }

  /// Columns that printable text takes.
  package static func width(_ text: String) -> Int {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
    return text.reduce(0) { $0 + width($1) }
  }

  /// Cut to `width` columns, with an ellipsis for what is left out.
  package static func cut(_ text: String, to width: Int) -> String {
    guard self.width(text) > width else { return text }
    var taken = 0
    let shown = text.prefix { character in
      taken += Self.width(character)
      return taken < width
    }
    return width > 0 ? shown + "…" : ""
  }

  /// What is drawn as one character takes the columns of its widest part, however it is composed.
  private static func width(_ character: Character) -> Int {
    var width = 0
    for scalar in character.unicodeScalars {
      // Asks for the coloured form of what stands before it, which is a wide one.
      if scalar == "\u{FE0F}" { return 2 }
      width = max(width, self.width(scalar))
    }
    return width
  }

  private static func width(_ scalar: Unicode.Scalar) -> Int {
    if scalar.value < 0x300 { return 1 }
    let properties = scalar.properties
    if properties.isEmojiPresentation { return 2 }
    switch properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: return wide.contains { $0 ~= scalar.value } ? 2 : 1
    }
  }

  /// Blocks that are wide throughout, or all but a few (Unicode's EastAsianWidth.txt, W and F).
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0xA4CF,
    0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF01...0xFF60,
    0xFFE0...0xFFE6, 0x17000...0x18CFF, 0x1B000...0x1B2FF, 0x20000...0x3FFFD,
  ]
}
