import Support
import Testing
import Yams

@testable import YAML

/// Our reader against libyaml, which Yams wraps. What ours accepts is the same tree there, with the same
/// lines; what ours calls no YAML is none there either. The rest is refused by name.
struct YAMLDifferentialTests {
  /// `YAML_SEEDS=from-to` runs others.
  @Test(arguments: seeds("YAML_SEEDS", default: 0..<20))
  func `the same tree, or a refusal that has a name`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var accepted = 0
    for round in 0..<40 {
      let document = YAMLDocument.make(&random)
      #expect(throws: Never.self, "seed \(seed), round \(round): \(document.debugDescription)") {
        try YAMLReader.read(document)
      }
      for change in 0..<12 {
        let text = change == 0 ? document : YAMLDocument.mutated(document, &random)
        if try Self.agree(text, "seed \(seed), round \(round): \(text.debugDescription)") {
          accepted += 1
        }
      }
    }
    #expect(accepted > 60 && accepted < 400, "the input is too good or too bad: \(accepted)")
  }

  /// Whether ours accepts it.
  private static func agree(_ text: String, _ comment: Comment) throws -> Bool {
    let ours: YAMLNode?
    do throws(YAMLError) {
      ours = try YAMLReader.read(text)
    } catch {
      #expect(!error.problem.isEmpty && !error.allowed.isEmpty)
      #expect(1...(text.utf8.count { $0 == 0x0A } + 1) ~= error.line, comment)
      if !error.isFeature {
        #expect(throws: (any Error).self, "\(error.reason), \(comment)") { try theirs(text) }
      }
      return false
    }
    #expect(throws: Never.self, comment) {
      let theirs = try theirs(text).map(read)
      let nothing = YAMLNode(content: .nothing, line: 0)
      #expect(ours.map(normal) ?? nothing == theirs.map(normal) ?? nothing, comment)
    }
    return true
  }

  /// Without a byte order mark, which libyaml counts as a column of the first line.
  private static func theirs(_ text: String) throws -> Node? {
    try compose(yaml: text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text)
  }

  private static func read(_ node: Node) -> YAMLNode {
    let content: YAMLNode.Content
    switch node {
    case .scalar(let scalar): content = .text(scalar.string, isPlain: scalar.style == .plain)
    case .sequence(let items): content = .list(items.map(read))
    case .mapping(let entries):
      content = .mapping(
        entries.map { key, value in
          .init(key: key.string ?? "?", keyLine: key.mark?.line ?? 0, value: read(value))
        })
    case .alias: content = .nothing
    }
    return YAMLNode(content: content, line: node.mark?.line ?? 0)
  }

  /// Without the place of nothing, which is nowhere.
  private static func normal(_ node: YAMLNode) -> YAMLNode {
    var node = node
    switch node.content {
    case .text: if node.content == .nothing { node.line = 0 }
    case .list(let items): node.content = .list(items.map(normal))
    case .mapping(let entries):
      node.content = .mapping(
        entries.map { .init(key: $0.key, keyLine: $0.keyLine, value: normal($0.value)) })
    }
    return node
  }
}

extension YAMLError {
  /// Whether other readers of YAML may accept it.
  fileprivate var isFeature: Bool {
    switch reason {
    case .control, .begin, .colon, .dash, .indentation, .noKey, .more, .unclosed, .noComma,
      .openQuotes, .escape:
      false
    default: true
    }
  }
}
