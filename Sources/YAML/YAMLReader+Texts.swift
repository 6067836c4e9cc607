/// Texts: plain, in quotes, literal. YAML 7.3 and 8.1.
extension YAMLReader {
  /// A text on one line, without what follows it.
  mutating func text(isFlow: Bool) throws(YAMLError) -> (text: String, isPlain: Bool) {
    switch bytes[index] {
    case UInt8(ascii: "\""): (try doubleQuoted(), false)
    case UInt8(ascii: "'"): (try singleQuoted(), false)
    default: (try plain(isFlow: isFlow), true)
    }
  }

  // MARK: - Plain

  private mutating func plain(isFlow: Bool) throws(YAMLError) -> String {
    try checkStart(isFlow: isFlow)
    let start = index
    var end = index
    while let byte = byte(), byte != 0x0A {
      switch byte {
      case 0x20:
        index += 1
        continue
      case 0x09: throw failure(.tab)
      case UInt8(ascii: "#") where bytes[index - 1] == 0x20 && index > start:
        return String(decoding: bytes[start..<end], as: UTF8.self)
      case UInt8(ascii: ":") where isBlank(at: index + 1):
        return String(decoding: bytes[start..<end], as: UTF8.self)
      case UInt8(ascii: ":") where isFlow && isFlowIndicator(index + 1): throw failure(.flowColon)
      case _ where isFlow && isFlowIndicator(index):
        return String(decoding: bytes[start..<end], as: UTF8.self)
      default: break
      }
      index += 1
      end = index
    }
    return String(decoding: bytes[start..<end], as: UTF8.self)
  }

  /// What a plain text cannot begin with.
  private func checkStart(isFlow: Bool) throws(YAMLError) {
    switch bytes[index] {
    case UInt8(ascii: "*"): throw failure(.alias)
    case UInt8(ascii: "&"): throw failure(.anchor)
    case UInt8(ascii: "!"): throw failure(.tag)
    case UInt8(ascii: "%"): throw failure(.directive)
    case UInt8(ascii: "?"): throw failure(.complexKey)
    case UInt8(ascii: ">"): throw failure(.foldedText)
    case UInt8(ascii: "-"):
      if isBlank(at: index + 1) || (isFlow && isFlowIndicator(index + 1)) {
        throw failure(isFlow ? .flowDash : .begin)
      }
    case UInt8(ascii: ":"):
      if isBlank(at: index + 1) { throw failure(.noKey) }
      if isFlow { throw failure(.flowColon) }
    case UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"), UInt8(ascii: "}"),
      UInt8(ascii: ","), UInt8(ascii: "|"), UInt8(ascii: "@"), UInt8(ascii: "`"):
      throw failure(.begin)
    default: break
    }
  }

  private func isFlowIndicator(_ index: Int) -> Bool {
    index < bytes.count && ",[]{}?".utf8.contains(bytes[index])
  }

  // MARK: - In quotes

  private mutating func singleQuoted() throws(YAMLError) -> String {
    var text: [UInt8] = []
    index += 1
    while let byte = byte(), byte != 0x0A {
      index += 1
      if byte == UInt8(ascii: "'") {
        guard self.byte() == byte else { return String(decoding: text, as: UTF8.self) }
        index += 1
      }
      text.append(byte)
    }
    throw openQuotes
  }

  private mutating func doubleQuoted() throws(YAMLError) -> String {
    var text: [UInt8] = []
    index += 1
    while let byte = byte(), byte != 0x0A {
      index += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"): text += try escaped().utf8
      default: text.append(byte)
      }
    }
    throw openQuotes
  }

  private var openQuotes: YAMLError {
    failure(index < bytes.count ? .quotesOverLines : .openQuotes)
  }

  /// What follows a backslash, 5.7.
  private mutating func escaped() throws(YAMLError) -> String {
    guard let byte = byte() else { throw failure(.openQuotes) }
    if byte == 0x0A { throw failure(.quotesOverLines) }
    index += 1
    switch byte {
    case UInt8(ascii: "0"): return "\0"
    case UInt8(ascii: "a"): return "\u{7}"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "t"), 0x09: return "\t"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "v"): return "\u{B}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "e"): return "\u{1B}"
    case UInt8(ascii: " "): return " "
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "N"): return "\u{85}"
    case UInt8(ascii: "_"): return "\u{A0}"
    case UInt8(ascii: "L"): return "\u{2028}"
    case UInt8(ascii: "P"): return "\u{2029}"
    case UInt8(ascii: "x"): return try scalar(digits: 2)
    case UInt8(ascii: "u"): return try scalar(digits: 4)
    case UInt8(ascii: "U"): return try scalar(digits: 8)
    default: throw failure(.escape)
    }
  }

  private mutating func scalar(digits: Int) throws(YAMLError) -> String {
    var value: UInt32 = 0
    for _ in 0..<digits {
      guard let byte = byte(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue
      else { throw failure(.escape) }
      value = value << 4 | UInt32(digit)
      index += 1
    }
    guard let scalar = Unicode.Scalar(value) else { throw failure(.escape) }
    return String(scalar)
  }

  // MARK: - Literal

  /// The lines after `|`, without the indentation that the first of them has. Ends where the next
  /// line begins.
  /// - Parameter parent: the column of the mapping or list that it is in.
  mutating func literal(parent: Int) throws(YAMLError) -> String {
    let ends = try literalEnds()
    var text = ""
    /// Line ends that are part of the text only if another line follows.
    var breaks = ""
    var indent: Int?
    var widestBlank = 0
    while index < bytes.count {
      var start = index
      let limit = indent ?? .max
      while start < bytes.count, start - index < limit, bytes[start] == 0x20 { start += 1 }
      let width = start - index
      if start == bytes.count || bytes[start] == 0x0A {
        if indent == nil { widestBlank = max(widestBlank, width) }
        index = start
        if start < bytes.count {
          breaks += "\n"
          endLine()
        }
        continue
      }
      // Whether it belongs to the indentation is told by nothing yet.
      if indent == nil, bytes[start] == 0x09 { throw failure(.tab) }
      if indent == nil, width > max(parent, 0) {
        if widestBlank > width { throw failure(.indentation) }
        indent = width
      }
      guard let indent, width == indent else {
        if bytes[start] == 0x09 { throw failure(.tab) }
        break
      }
      let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
      text += breaks + String(decoding: bytes[start..<end], as: UTF8.self)
      breaks = ""
      index = end
      if end < bytes.count {
        breaks = "\n"
        endLine()
      }
    }
    switch ends {
    case .none: return text
    case .one: return text.isEmpty ? "" : text + breaks.prefix(1)
    case .all: return text + breaks
    }
  }

  private enum LiteralEnds { case none, one, all }

  /// `|`, `|-` or `|+`, and the end of that line, 8.1.1.
  private mutating func literalEnds() throws(YAMLError) -> LiteralEnds {
    var ends = LiteralEnds.one
    index += 1
    if byte() == UInt8(ascii: "-") || byte() == UInt8(ascii: "+") {
      ends = byte() == UInt8(ascii: "-") ? .none : .all
      index += 1
    }
    guard isBlank(at: index) else { throw failure(.indentedText) }
    skipSpaces()
    if byte() == UInt8(ascii: "#") {
      while index < bytes.count, bytes[index] != 0x0A { index += 1 }
    }
    guard index < bytes.count else { return ends }
    guard bytes[index] == 0x0A else { throw failure(bytes[index] == 0x09 ? .tab : .indentedText) }
    endLine()
    return ends
  }
}
