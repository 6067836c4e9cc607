import YAML

/// The YAML file, flattened into what it says for each key.
struct ConfigurationFile {
  /// Keys whose value is a list of mappings.
  private static let sources = "sources"
  private static let tokens = "auth.tokens"

  private let path: String
  private let environment: [String: String]
  private var entries = ConfigurationEntries()

  static func read(
    _ path: String, environment: [String: String], noting reading: inout ConfigurationReading
  ) -> ConfigurationEntries {
    let text: String
    do throws(SmallFile.Failure) {
      text = try SmallFile.contents(path)
    } catch {
      reading.note("--config \(quoted(path))", error.problem)
      return ConfigurationEntries()
    }
    var file = ConfigurationFile(path: path, environment: environment)
    do throws(YAMLError) {
      // A file of comments only has no root.
      if let root = try YAMLReader.read(text), !root.isNull { file.readRoot(root, &reading) }
    } catch {
      reading.note("\(path):\(error.line)", error.problem, allowed: error.allowed)
    }
    return file.entries
  }

  private init(path: String, environment: [String: String]) {
    self.path = path
    self.environment = environment
  }

  private mutating func readRoot(_ root: YAMLNode, _ reading: inout ConfigurationReading) {
    var lists: [(path: String, node: YAMLNode)] = []
    entries.gateway = values(
      root, GatewayKeys.all.map(\.path), lists: [Self.sources, Self.tokens], &lists, "", "",
      &reading)
    for list in lists {
      let keys = list.path == Self.sources ? SourceKeys.all.map(\.path) : TokenKeys.all.map(\.path)
      let found = entriesOfList(list.node, list.path, keys, &reading)
      if list.path == Self.sources { entries.sources = found } else { entries.tokens = found }
    }
  }

  private func entriesOfList(
    _ node: YAMLNode, _ path: String, _ keys: [String], _ reading: inout ConfigurationReading
  ) -> [ConfigurationEntries.Entry] {
    if node.isNull { return [] }
    guard case .list(let items) = node.content else {
      reading.note(place(node.line, path), "is not a list", allowed: "a list of mappings")
      return []
    }
    return items.enumerated().map { index, item in
      let name = "\(path)[\(index)]"
      var none: [(path: String, node: YAMLNode)] = []
      return .init(
        place: place(item.line, name),
        values: values(item, keys, lists: [], &none, "", "\(name).", &reading))
    }
  }

  /// The values below `node`, a mapping at the key `prefix`, which ends with a dot unless empty.
  /// - Parameter shownPrefix: stands before a path in mistakes.
  private func values(
    _ node: YAMLNode, _ keys: [String], lists: [String],
    _ found: inout [(path: String, node: YAMLNode)],
    _ prefix: String, _ shownPrefix: String, _ reading: inout ConfigurationReading
  ) -> [GivenValue] {
    guard case .mapping(let entries) = node.content else {
      let name = (shownPrefix + prefix).dropLast()
      reading.note(
        place(node.line, name.isEmpty ? "the file" : String(name)), "is not a mapping",
        allowed: "keys and values")
      return []
    }
    var values: [GivenValue] = []
    for entry in entries {
      let name = entry.key
      let value = entry.value
      let path = prefix + name
      let place = place(entry.keyLine, shownPrefix + path)
      if lists.contains(path) {
        found.append((path, value))
      } else if keys.contains(path) {
        if let content = content(value, place, &reading) {
          values.append(content.given(path, place))
        }
      } else if (keys + lists).contains(where: { $0.hasPrefix("\(path).") }) {
        if !value.isNull {
          values += self.values(
            value, keys, lists: lists, &found, "\(path).", shownPrefix, &reading)
        }
      } else {
        let shown = quoted(name).dropFirst().dropLast()
        reading.note(
          self.place(entry.keyLine, shownPrefix + prefix + shown), "is no key of the configuration",
          allowed: advice(name, prefix, keys + lists))
      }
    }
    return values
  }

  /// Nil for null, which leaves the default.
  private func content(
    _ node: YAMLNode, _ place: String, _ reading: inout ConfigurationReading
  ) -> ExpandedContent? {
    if node.isNull { return nil }
    switch node.content {
    case .text(let text, _):
      return expanded(text, place, &reading).map {
        .init(content: .text($0.text), isHidden: $0.isHidden)
      }
        ?? .refused
    case .list(let items):
      var texts: [String] = []
      var isHidden = false
      for item in items {
        guard case .text(let text, _) = item.content else {
          reading.note(place, "holds something other than texts")
          return .refused
        }
        guard let text = expanded(text, place, &reading) else { return .refused }
        texts.append(text.text)
        isHidden = isHidden || text.isHidden
      }
      return .init(content: .list(texts), isHidden: isHidden)
    case .mapping:
      reading.note(place, "is a mapping", allowed: "a text, a number or a list")
      return .refused
    }
  }

  /// `text` with the value of each `${VARIABLE}` in its place; `$${` stands for `${`.
  private func expanded(
    _ text: String, _ place: String, _ reading: inout ConfigurationReading
  ) -> (text: String, isHidden: Bool)? {
    guard text.contains("${") else { return (text, false) }
    var result = ""
    var isHidden = false
    var rest = Substring(text)
    while let start = rest.firstRange(of: "${") {
      let before = rest[..<start.lowerBound]
      rest = rest[start.upperBound...]
      if before.last == "$" {
        result += before.dropLast() + "${"
        continue
      }
      guard let end = rest.firstIndex(of: "}") else {
        reading.note(
          place, "has a ${ without its }", allowed: "${VARIABLE}, or $${ for the text ${")
        return nil
      }
      let name = rest[..<end]
      guard let value = environment[String(name)] else {
        // Only what can be a variable is shown: somebody may have put the secret itself there.
        let isName = name.allSatisfy { $0.isUppercase || $0.isNumber || $0 == "_" }
        let shown = isName ? " \(name)," : ""
        reading.note(place, "names a variable,\(shown) which is not set")
        return nil
      }
      result += before + value
      isHidden = true
      rest = rest[rest.index(after: end)...]
    }
    return (result + rest, isHidden)
  }

  private func advice(_ name: String, _ prefix: String, _ known: [String]) -> String {
    let siblings = known.filter { $0.hasPrefix(prefix) }
      .map { String($0.dropFirst(prefix.count).prefix { $0 != "." }) }
    // A key that is known, in another mapping.
    if let elsewhere = known.first(where: { $0.split(separator: ".").last == name[...] }) {
      return "did you mean \(elsewhere)?"
    }
    if let meant = NearestName.to(name, among: siblings) { return "did you mean \(meant)?" }
    var unique: [String] = []
    for sibling in siblings where !unique.contains(sibling) { unique.append(sibling) }
    return unique.joined(separator: ", ")
  }

  private func place(_ line: Int, _ name: String) -> String { "\(path):\(line): \(name)" }
}

/// What a value in the file comes to.
private struct ExpandedContent {
  var content: GivenValue.Content
  /// Whether some of it comes from a variable, so that mistakes do not show it.
  var isHidden: Bool

  static let refused = ExpandedContent(content: .refused, isHidden: true)

  func given(_ path: String, _ place: String) -> GivenValue {
    GivenValue(path: path, place: place, content: content, isHidden: isHidden)
  }
}
