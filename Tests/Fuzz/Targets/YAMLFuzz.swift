import YAML

/// YAML: what is read can be written in brackets and quotes and read again; line ends, a byte order
/// mark and a first line of comment change nothing but lines.
enum YAMLFuzz {
  static func check(_ bytes: [UInt8]) throws(Finding) {
    let text = String(decoding: bytes, as: UTF8.self)
    let lineCount = text.utf8.count { $0 == 0x0A } + 1
    let node: YAMLNode?
    do throws(YAMLError) {
      node = try YAMLReader.read(text)
    } catch {
      try expect(1...lineCount ~= error.line, "line \(error.line) of \(lineCount)")
      return try expect(!error.problem.isEmpty && !error.allowed.isEmpty, "no words")
    }
    let plain = text.replacing("\r\n", with: "\n")
    try expectSame(node, plain.replacing("\n", with: "\r\n"))
    if !text.unicodeScalars.starts(with: ["\u{FEFF}"]) {
      try expectSame(node, "\u{FEFF}" + text)
      try expectSame(node.map { moved($0, by: 1) }, "# x\n" + text)
    }
    guard let node else { return }
    try check(node, lines: lineCount)
    // Written on one line, quotes around everything: all but those and the lines comes back.
    // Escapes make keys longer, up to four times, and they have a limit.
    if longestKey(node) <= 250 { try expectSame(shaped(node), flow(node)) }
  }

  private static func expectSame(_ node: YAMLNode?, _ text: String) throws(Finding) {
    let other: YAMLNode?
    do throws(YAMLError) {
      other = try YAMLReader.read(text)
    } catch {
      throw Finding("refused: \(error.reason): \(text.debugDescription)")
    }
    try expect(other == node, "another tree: \(text.debugDescription)")
  }

  private static func check(_ node: YAMLNode, lines: Int) throws(Finding) {
    try expect(1...lines ~= node.line, "a value on line \(node.line) of \(lines)")
    switch node.content {
    case .text: break
    case .list(let items): for item in items { try check(item, lines: lines) }
    case .mapping(let entries):
      try expect(Set(entries.map(\.key)).count == entries.count, "a key twice")
      for entry in entries { try check(entry.value, lines: lines) }
    }
  }

  private static func moved(_ node: YAMLNode, by lines: Int) -> YAMLNode {
    switch node.content {
    case .text: YAMLNode(content: node.content, line: node.line + lines)
    case .list(let items):
      YAMLNode(content: .list(items.map { moved($0, by: lines) }), line: node.line + lines)
    case .mapping(let entries):
      YAMLNode(
        content: .mapping(
          entries.map {
            .init(key: $0.key, keyLine: $0.keyLine + lines, value: moved($0.value, by: lines))
          }), line: node.line + lines)
    }
  }

  /// As `flow` writes it: all texts quoted, all on line 1.
  private static func shaped(_ node: YAMLNode) -> YAMLNode {
    switch node.content {
    case .text(let text, _): YAMLNode(content: .text(text, isPlain: false), line: 1)
    case .list(let items): YAMLNode(content: .list(items.map(shaped)), line: 1)
    case .mapping(let entries):
      YAMLNode(
        content: .mapping(
          entries.map { .init(key: $0.key, keyLine: 1, value: shaped($0.value)) }), line: 1)
    }
  }

  /// In bytes.
  private static func longestKey(_ node: YAMLNode) -> Int {
    switch node.content {
    case .text: 0
    case .list(let items): items.map(longestKey).max() ?? 0
    case .mapping(let entries):
      entries.map { max($0.key.utf8.count, longestKey($0.value)) }.max() ?? 0
    }
  }

  private static func flow(_ node: YAMLNode) -> String {
    switch node.content {
    case .text(let text, _): quoted(text)
    case .list(let items): "[\(items.map(flow).joined(separator: ","))]"
    case .mapping(let entries):
      "{\(entries.map { "\(quoted($0.key)):\(flow($0.value))" }.joined(separator: ","))}"
    }
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": quoted += "\\\(scalar)"
      case " "..."~": quoted.unicodeScalars.append(scalar)
      default:
        let width = scalar.value < 0x100 ? 2 : scalar.value < 0x1_0000 ? 4 : 8
        let digits = String(scalar.value, radix: 16)
        quoted += (width == 2 ? "\\x" : width == 4 ? "\\u" : "\\U")
        quoted += String(repeating: "0", count: width - digits.count) + digits
      }
    }
    return quoted + "\""
  }
}
