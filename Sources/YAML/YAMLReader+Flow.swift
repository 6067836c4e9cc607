/// Lists and mappings in brackets, YAML 7.4. Their lines may be indented in any way.
extension YAMLReader {
  mutating func flow() throws(YAMLError) -> YAMLNode.Content {
    try enter()
    let isList = bytes[index] == UInt8(ascii: "[")
    let close = UInt8(ascii: isList ? "]" : "}")
    let unclosed = failure(.unclosed(isList ? "[" : "{"))
    var items: [YAMLNode] = []
    var entries = YAMLEntries()
    index += 1
    while true {
      guard try skipToContent() else { throw unclosed }
      if byte() == close { break }
      if isList {
        items.append(try flowValue())
      } else {
        try flowEntry(&entries)
      }
      let last = line
      guard try skipToContent() else { throw unclosed }
      if byte() == close { break }
      guard byte() == UInt8(ascii: ",") else {
        switch byte() {
        case UInt8(ascii: ":") where isList: throw failure(.keyInList)
        case UInt8(ascii: "?"): throw failure(.complexKey)
        default:
          let value = isList ? items.last : entries.all.last?.value
          if line > last, case .text(_, isPlain: true) = value?.content {
            throw failure(.textOverLines)
          }
          throw failure(.noComma)
        }
      }
      index += 1
    }
    index += 1
    leave()
    return isList ? .list(items) : .mapping(entries.all)
  }

  private mutating func flowValue() throws(YAMLError) -> YAMLNode {
    let first = line
    switch bytes[index] {
    case UInt8(ascii: "["), UInt8(ascii: "{"): return try node(try flow(), first)
    default:
      let text = try text(isFlow: true)
      return try node(.text(text.text, isPlain: text.isPlain), first)
    }
  }

  /// `key: value`, `key:` or `key`.
  private mutating func flowEntry(_ entries: inout YAMLEntries) throws(YAMLError) {
    guard byte() != UInt8(ascii: "["), byte() != UInt8(ascii: "{") else {
      throw failure(.complexKey)
    }
    let start = index
    let keyLine = line
    let key = try text(isFlow: true)
    skipSpaces()
    var value = try node(.nothing, keyLine)
    if byte() == UInt8(ascii: ":") {
      // As in JSON, no space is needed after a quoted key.
      guard !key.isPlain || isBlank(at: index + 1) else { throw failure(.flowColon) }
      guard index - start <= Self.longestKey else { throw failure(.longKey) }
      index += 1
      if try skipToContent(), byte() != UInt8(ascii: ","), byte() != UInt8(ascii: "}") {
        value = try flowValue()
      }
    }
    try entries.append(key.text, keyLine, value)
  }
}

/// The entries of a mapping while it is read.
struct YAMLEntries {
  private(set) var all: [YAMLNode.Entry] = []
  private var lines: [String: Int] = [:]

  mutating func append(_ key: String, _ line: Int, _ value: YAMLNode) throws(YAMLError) {
    if let first = lines.updateValue(line, forKey: key) {
      throw YAMLError(line, .keyTwice(first: first))
    }
    all.append(.init(key: key, keyLine: line, value: value))
  }
}
