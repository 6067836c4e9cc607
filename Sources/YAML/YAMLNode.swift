/// A value in a YAML text: a text, a list or a mapping, and the line on which it begins.
package struct YAMLNode: Hashable, Sendable {
  package enum Content: Hashable, Sendable {
    /// Plain means unquoted. What an unquoted text stands for (a number, null) is the reader's
    /// choice who knows what is wanted there.
    case text(String, isPlain: Bool)
    case list([YAMLNode])
    case mapping([Entry])
  }

  package struct Entry: Hashable, Sendable {
    package var key: String
    package var keyLine: Int
    package var value: YAMLNode

    package init(key: String, keyLine: Int, value: YAMLNode) {
      self.key = key
      self.keyLine = keyLine
      self.value = value
    }
  }

  package var content: Content
  /// The first line is 1.
  package var line: Int

  package init(content: Content, line: Int) {
    self.content = content
    self.line = line
  }

  /// Nothing, `~` or `null`, unquoted.
  package var isNull: Bool {
    if case .text(let text, isPlain: true) = content { return ["", "~", "null"].contains(text) }
    return false
  }
}
