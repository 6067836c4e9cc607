/// Why a text is not read, and on which line. Says nothing of what the text holds: that may be secret.
package struct YAMLError: Error, Hashable, Sendable {
  /// The first line is 1.
  package var line: Int
  package var reason: Reason

  init(_ line: Int, _ reason: Reason) {
    self.line = line
    self.reason = reason
  }

  package enum Reason: Hashable, Sendable {
    // YAML that this reader leaves out, so that a file means one thing to everybody.
    case alias, anchor, tag, directive, documents, complexKey, keyInList, foldedText, indentedText
    case textOverLines, quotesOverLines, textPlace, tab, lineEnd, byteOrderMark, hash, flowColon
    case flowDash, keyTwice(first: Int)
    case tooLong, tooDeep, tooMany, longKey
    // What is no YAML at all.
    case control, begin, colon, dash, indentation, noKey, more, unclosed(Character), noComma
    case openQuotes, escape
  }

  /// To be read after the place.
  package var problem: String { words.problem }
  /// What would be right.
  package var allowed: String { words.allowed }

  private var words: (problem: String, allowed: String) {
    switch reason {
    case .alias: ("has an alias (*)", "the value itself; in quotes if it begins with *")
    case .anchor: ("has an anchor (&)", "the value alone; in quotes if it begins with &")
    case .tag: ("has a tag (!)", "the value alone; in quotes if it begins with !")
    case .directive: ("has a directive (%)", "the value in quotes if it begins with %")
    case .documents: ("begins or ends another document", "one document; --- only before it, alone")
    case .complexKey: ("has a key that is no text", "a text, as in key: value")
    case .keyInList: ("has a key within [ ]", "{ key: value } there")
    case .foldedText: ("has a folded text (>)", "a text in quotes, or | and its lines below it")
    case .indentedText: ("has more than | or |- or |+ before a text", "one of these, alone")
    case .textOverLines:
      ("goes on with the text above it", "a text on one line, or | above its lines")
    case .quotesOverLines: ("has quotes that are not closed on their line", "a text on one line")
    case .textPlace: ("has a | or > where no value can begin", "| right after its key and colon")
    case .tab: ("has a tab", "spaces; \\t within double quotes")
    case .lineEnd: ("has an unusual end of line", "LF or CR LF")
    case .byteOrderMark: ("has a byte order mark", "one before everything else")
    case .hash: ("has a # right after a value", "a space before a comment, quotes around a text")
    case .flowColon: ("has a colon without a space after it", "key: value, or the text in quotes")
    case .flowDash: ("has a dash alone in brackets", "- items on lines, or the text in quotes")
    case .keyTwice(let first): ("has a key that line \(first) has as well", "each key once")
    case .tooLong: ("is too long", "up to 1 MiB")
    case .tooDeep: ("is nested too deep", "\(YAMLReader.deepest) levels")
    case .tooMany: ("holds too much", "\(YAMLReader.mostNodes) values")
    case .longKey: ("has a key that is too long", "\(YAMLReader.longestKey) bytes")
    case .control: ("has a control character", "\\x and two digits within double quotes")
    case .begin: ("has a text that begins with a special character", "that text in quotes")
    case .colon: ("has a colon too much", "one key: value on a line; a text with a colon in quotes")
    case .dash: ("has a list after a key on its line", "- below the key, or [ ]")
    case .indentation:
      ("is indented like nothing above it", "the same spaces for all keys together")
    case .noKey: ("has no key", "key: value")
    case .more: ("goes on after the end of a value", "one value, then a comment or nothing")
    case .unclosed(let bracket): ("has a \(bracket) that is not closed", "its counterpart")
    case .noComma: ("has neither a comma nor the end of the list there", ", between values")
    case .openQuotes: ("has quotes that are not closed", "a text on one line")
    case .escape:
      ("has an unknown escape in double quotes", "\\\\ for a \\, \\n, \\t, \\\" and \\u0041")
    }
  }
}
