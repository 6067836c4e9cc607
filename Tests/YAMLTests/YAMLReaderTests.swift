import Testing

@testable import YAML

struct YAMLReaderTests {
  @Test(arguments: [
    ("a: b", "{a: b}"), ("a:\n  b: c\nd: e", "{a: {b: c}, d: e}"), ("- a\n-\n- b", "[a, _, b]"),
    ("a:\n- b\n- c\nd:", "{a: [b, c], d: _}"),
    ("a:\n  - b: 1\n    c: 2\n  - - x\n    - y", "{a: [{b: 1, c: 2}, [x, y]]}"),
    ("{ a: [b, 'c d', ], \"e\":1, f }", "{a: [b, 'c d'], e: 1, f: _}"),
    ("[\n  a, # x\n  {\n b:\n c }\n]", "[a, {b: c}]"),
    ("---  # x\na: b # c\n\n# d\n", "{a: b}"), ("\u{FEFF}a: b\r\nc: d\r\n", "{a: b, c: d}"),
    ("a: http://b:80/#c", "{a: http://b:80/#c}"), ("a: ::1", "{a: ::1}"), ("a : -1", "{a: -1}"),
    ("a: \"b\\\tc\"", "{a: 'b\tc'}"), ("a: 'it''s'", "{a: 'it's'}"),
    ("a: \"\\x41\\u00e9\\U0001F600\\n\\\"\\\\\"", "{a: 'Aé😀\n\"\\'}"),
    (
      "a: |\n  b\n   c\n\n  d\ne: |-\n  f\n\ng: |+\n  h\n\n",
      "{a: 'b\n c\n\nd\n', e: 'f', g: 'h\n\n'}"
    ),
    ("a: ~\nb: null\nc: ''", "{a: _, b: _, c: ''}"), ("a: 'null'", "{a: 'null'}"),
    ("# x", "-"), ("", "-"), ("---", "-"), ("text", "text"), ("a:\n  b", "{a: b}"),
  ])
  func `what people write by hand is read`(text: String, expected: String) throws {
    #expect(try YAMLReader.read(text).map(Self.shown) ?? "-" == expected)
  }

  @Test func `values and keys know their lines`() throws {
    let root = try #require(try YAMLReader.read("# x\n\na: b\nc:\n  - d\n  - e: [\n f]\n"))
    guard case .mapping(let entries) = root.content,
      case .list(let items) = entries[1].value.content,
      case .mapping(let inner) = items[1].content, case .list(let last) = inner[0].value.content
    else {
      Issue.record("another structure: \(root)")
      return
    }
    #expect(entries.map(\.keyLine) == [3, 4] && entries.map(\.value.line) == [3, 5])
    #expect(items.map(\.line) == [5, 6] && inner[0].keyLine == 6 && last[0].line == 7)
  }

  @Test(
    arguments: [
      ("a: *b", 1, .alias), ("a: &b c", 1, .anchor), ("a: !!str b", 1, .tag),
      ("%YAML 1.2\n---\n", 1, .directive),
      ("a: 1\n---\nb: 2", 2, .documents), ("a: 1\n...\n", 2, .documents), ("--- a", 1, .documents),
      ("? a\n: b", 1, .complexKey), ("{ [a]: b }", 1, .complexKey), ("[a: b]", 1, .keyInList),
      ("a: >\n  b", 1, .foldedText), ("a: |2\n  b", 1, .indentedText),
      ("a: b\n  c", 2, .textOverLines),
      ("a: 'b\n c'", 1, .quotesOverLines), ("a: \"b\n c\"", 1, .quotesOverLines),
      ("a: \"b\\\n c\"", 1, .quotesOverLines),
      ("a:\n\tb: c", 2, .tab), ("a:\tb", 1, .tab), ("'a'\t: b", 1, .tab), ("a: |\n  \tb", 2, .tab),
      ("a: b\n[c]: d", 2, .complexKey), ("a: b\rc: d", 1, .lineEnd),
      ("a: \u{2028}", 1, .lineEnd),
      ("a: 'b'#c", 1, .hash), ("a:\n|\n b", 2, .textPlace), ("a: [-, b]", 1, .flowDash),
      ("a: \u{FEFF}", 1, .byteOrderMark), ("{a:,}", 1, .flowColon), ("{'a': :b}", 1, .flowColon),
      ("a: 1\nb: 2\n'a': 3", 3, .keyTwice(first: 1)), ("{a: 1, a: 2}", 1, .keyTwice(first: 1)),
      ("\na: \u{1}", 2, .control), ("a: @b", 1, .begin), ("a: [,]", 1, .begin),
      ("a: b: c", 1, .colon),
      ("a: - b", 1, .dash), ("a:\n  b: 1\n c: 2", 3, .indentation),
      ("a: 1\n  b: 2", 2, .textOverLines),
      ("a: 'x'\n  b: 2", 2, .indentation), ("a: 1\nb", 2, .noKey), ("a: 1\n- b", 2, .noKey),
      (": a", 1, .noKey),
      ("a: 'b' c", 1, .more), ("[a] b", 1, .more), ("\na: [b", 2, .unclosed("[")),
      ("a: {", 1, .unclosed("{")),
      ("[a\nb]", 2, .textOverLines), ("['a' b]", 1, .noComma), ("{a: b}: c", 1, .complexKey),
      ("a: \"b", 1, .openQuotes), ("a: \"\\q\"", 1, .escape), ("a: \"\\ud800\"", 1, .escape),
      ("a: \"\\u12\"", 1, .escape),
    ] as [(String, Int, YAMLError.Reason)])
  func `everything else is refused by line and reason`(
    text: String, line: Int, reason: YAMLError.Reason
  ) {
    #expect(throws: YAMLError(line, reason)) { try YAMLReader.read(text) }
  }

  @Test func `limits hold at their edge`() throws {
    let deepest = YAMLReader.deepest
    let nested = { String(repeating: "[", count: $0) + String(repeating: "]", count: $0) }
    _ = try YAMLReader.read(nested(deepest))
    #expect(throws: YAMLError(1, .tooDeep)) { try YAMLReader.read(nested(deepest + 1)) }
    #expect(throws: YAMLError(1, .tooDeep)) {
      try YAMLReader.read(String(repeating: "- ", count: 500_000))
    }
    #expect(throws: YAMLError(1, .tooDeep)) {
      try YAMLReader.read(String(repeating: "{a: ", count: 100_000))
    }
    let most = YAMLReader.mostNodes
    _ = try YAMLReader.read(String(repeating: "-\n", count: most - 1))
    #expect(throws: YAMLError.self) { try YAMLReader.read(String(repeating: "-\n", count: most)) }
    let key = String(repeating: "k", count: YAMLReader.longestKey)
    _ = try YAMLReader.read("\(key):")
    #expect(throws: YAMLError(1, .longKey)) { try YAMLReader.read("\(key)k:") }
    let comment = "#" + String(repeating: "x", count: YAMLReader.longest - 1)
    #expect(try YAMLReader.read(comment) == nil)
    #expect(throws: YAMLError(1, .tooLong)) { try YAMLReader.read(comment + "x") }
  }

  /// Plain texts bare, others in single quotes, nothing as `_`.
  private static func shown(_ node: YAMLNode) -> String {
    switch node.content {
    case .text(let text, let isPlain): node.isNull ? "_" : isPlain ? text : "'\(text)'"
    case .list(let items): "[\(items.map(shown).joined(separator: ", "))]"
    case .mapping(let entries):
      "{\(entries.map { "\($0.key): \(shown($0.value))" }.joined(separator: ", "))}"
    }
  }
}
