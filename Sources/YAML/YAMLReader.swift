/// Reads the part of YAML (1.2, chapters 5 to 9) that people write by hand: mappings and lists, as
/// lines or in brackets, texts on one line, and literal texts (`|`). What it leaves out, it refuses by
/// name: anchors, tags, several documents, texts that are folded. What it accepts, any other reader of
/// YAML reads in the same way.
package struct YAMLReader {
  /// Bytes; no configuration needs as many.
  static let longest = 1 << 20
  /// Brackets within brackets, lines within lines: a configuration needs four. Keeps the stack small.
  static let deepest = 16
  /// Over the whole text: enough for 1,000 sources with all their keys.
  static let mostNodes = 20_000
  /// YAML's own limit for a key on one line, 7.4.2.
  static let longestKey = 1_024

  /// Without a byte order mark and carriage returns.
  let bytes: [UInt8]
  var index = 0
  var line = 1
  /// Where the line begins.
  private(set) var lineStart = 0
  private var depth = 0
  private var nodeCount = 0

  /// Nil for a text that holds nothing but comments.
  package static func read(_ text: String) throws(YAMLError) -> YAMLNode? {
    guard text.utf8.count <= longest else { throw YAMLError(1, .tooLong) }
    var reader = YAMLReader(bytes: try YAMLText.bytes(text))
    return try reader.document()
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private mutating func document() throws(YAMLError) -> YAMLNode? {
    if bytes.first == UInt8(ascii: "%") { throw failure(.directive) }
    guard try skipToContent(firstMark: true) else { return nil }
    let node = try block(parent: -1)
    guard index == bytes.count else { throw misplaced(.indentation) }
    return node
  }

  // MARK: - Lines

  /// The value that begins here, on a line of its own as far as keys and dashes before it go.
  /// - Parameter parent: the column of the mapping or list that it is in.
  private mutating func block(parent: Int) throws(YAMLError) -> YAMLNode {
    if isDash { return try blockList() }
    let column = self.column
    if let key = try blockKey() { return try blockMapping(key, column) }
    return try lineValue(parent: parent)
  }

  private mutating func blockList() throws(YAMLError) -> YAMLNode {
    let column = column
    let first = line
    try enter()
    var items: [YAMLNode] = []
    while self.column == column, isDash {
      let dashLine = line
      index += 1
      let isMore = try skipToContent()
      items.append(
        isMore && (line == dashLine || self.column > column)
          ? try block(parent: column) : try node(.nothing, dashLine))
    }
    leave()
    return try node(.list(items), first)
  }

  private mutating func blockMapping(
    _ firstKey: String, _ column: Int
  ) throws(YAMLError) -> YAMLNode {
    let first = line
    try enter()
    var entries = YAMLEntries()
    var key = firstKey
    while true {
      let keyLine = line
      try entries.append(key, keyLine, try valueOfKey(column, keyLine))
      guard index < bytes.count, self.column == column else { break }
      guard !isDash, let next = try blockKey() else { throw misplaced(.noKey) }
      key = next
    }
    leave()
    return try node(.mapping(entries.all), first)
  }

  /// What stands after `key:` or below it.
  private mutating func valueOfKey(_ column: Int, _ keyLine: Int) throws(YAMLError) -> YAMLNode {
    guard try skipToContent() else { return try node(.nothing, keyLine) }
    if line == keyLine {
      if isDash { throw failure(.dash) }
      return try lineValue(parent: column)
    }
    // The dashes of a list may stand below the first letter of its key.
    if self.column > column || (self.column == column && isDash) {
      return try block(parent: column)
    }
    return try node(.nothing, keyLine)
  }

  /// A value that ends with its line, unless it has brackets or is literal.
  private mutating func lineValue(parent: Int) throws(YAMLError) -> YAMLNode {
    let first = line
    var isPlain = false
    let content: YAMLNode.Content
    switch bytes[index] {
    case UInt8(ascii: "["), UInt8(ascii: "{"): content = try flow()
    case UInt8(ascii: ">"): throw failure(.foldedText)
    case UInt8(ascii: "|"):
      content = .text(try literal(parent: parent), isPlain: false)
      _ = try skipToContent()
      return try node(content, first)
    default:
      let text = try text(isFlow: false)
      isPlain = text.isPlain
      content = .text(text.text, isPlain: isPlain)
    }
    let last = line
    if try skipToContent() {
      guard line > last else {
        guard byte() == UInt8(ascii: ":") else { throw failure(.more) }
        if case .text = content { throw failure(.colon) }
        throw failure(.complexKey)
      }
      if isPlain, column > parent { throw failure(.textOverLines) }
    }
    return try node(content, first)
  }

  /// The key that begins here, with its colon; nil where a value begins.
  private mutating func blockKey() throws(YAMLError) -> String? {
    let start = index
    switch bytes[index] {
    case UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: "|"), UInt8(ascii: ">"): return nil
    default: break
    }
    let key = try text(isFlow: false).text
    skipSpaces()
    if byte() == 0x09 { throw failure(.tab) }
    guard byte() == UInt8(ascii: ":"), isBlank(at: index + 1) else {
      index = start
      return nil
    }
    guard index - start <= Self.longestKey else { throw failure(.longKey) }
    index += 1
    return key
  }
}

// MARK: - Place

extension YAMLReader {
  /// From 0, in bytes.
  var column: Int { index - lineStart }

  func failure(_ reason: YAMLError.Reason) -> YAMLError { YAMLError(line, reason) }

  /// Content where nothing of its kind can be.
  private func misplaced(_ reason: YAMLError.Reason) -> YAMLError {
    switch byte() {
    case UInt8(ascii: "|"), UInt8(ascii: ">"): failure(.textPlace)
    case UInt8(ascii: "["), UInt8(ascii: "{"): failure(reason == .noKey ? .complexKey : reason)
    default: failure(reason)
    }
  }

  /// Nil at the end.
  func byte(_ offset: Int = 0) -> UInt8? {
    index + offset < bytes.count ? bytes[index + offset] : nil
  }

  /// Whether a word ends at `index`.
  func isBlank(at index: Int) -> Bool {
    index >= bytes.count || [0x20, 0x0A, 0x09].contains(bytes[index])
  }

  /// Whether an item of a list begins here.
  private var isDash: Bool { byte() == UInt8(ascii: "-") && isBlank(at: index + 1) }

  mutating func skipSpaces() {
    while byte() == 0x20 { index += 1 }
  }

  mutating func endLine() {
    index += 1
    line += 1
    lineStart = index
  }

  /// Goes over spaces, comments and line ends. False at the end of the text.
  /// - Parameter firstMark: whether `---` may come, once.
  mutating func skipToContent(firstMark: Bool = false) throws(YAMLError) -> Bool {
    var markLine = firstMark ? 0 : -1
    while true {
      skipSpaces()
      switch byte() {
      case nil: return false
      case 0x0A: endLine()
      case 0x09: throw failure(.tab)
      case UInt8(ascii: "#"):
        guard column == 0 || bytes[index - 1] == 0x20 else { throw failure(.hash) }
        while index < bytes.count, bytes[index] != 0x0A { index += 1 }
      default:
        if markLine == line { throw failure(.documents) }
        guard isDocumentMark else { return true }
        guard markLine == 0, bytes[index] == UInt8(ascii: "-") else { throw failure(.documents) }
        markLine = line
        index += 3
      }
    }
  }

  /// `---` or `...`, 9.1.2.
  private var isDocumentMark: Bool {
    guard column == 0, let first = byte(), "-.".utf8.contains(first) else { return false }
    return byte(1) == first && byte(2) == first && isBlank(at: index + 3)
  }

  // MARK: - Limits

  /// Balanced by `leave`; a failure ends the reading, and needs none.
  mutating func enter() throws(YAMLError) {
    depth += 1
    if depth > Self.deepest { throw failure(.tooDeep) }
  }

  mutating func leave() { depth -= 1 }

  mutating func node(_ content: YAMLNode.Content, _ line: Int) throws(YAMLError) -> YAMLNode {
    nodeCount += 1
    if nodeCount > Self.mostNodes { throw failure(.tooMany) }
    return YAMLNode(content: content, line: line)
  }
}

extension YAMLNode.Content {
  static let nothing = YAMLNode.Content.text("", isPlain: true)
}
