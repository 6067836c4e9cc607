/// One key of the configuration: its name, what it may hold, where the value goes, and what it is
/// for. The tables of these drive the reading of variables and of the file, the printed
/// configuration, and the tests of the documented file and its schema.
struct ConfigurationKey<Root>: Sendable {
  /// What a value looks like, for the schema.
  enum Shape: Sendable, Hashable {
    case integer(ClosedRange<Int>)
    case boolean
    case duration
    case size
    case word([String])
    case text
    case list
    case secret
    case secretList
  }

  /// Within the file, or within an entry of a list: `limits.headBytes`.
  let path: String
  /// The variable, where it is not `GATEWAY_` and the path in capitals.
  let ownVariable: String?
  let shape: Shape
  let allowed: String
  /// One line.
  let summary: String
  /// Puts the value where it belongs, or says what is wrong with it, without its secrets.
  let set: @Sendable (GivenValue.Content, inout Root) -> String?
  /// The value as the file would write it; nil when there is none.
  let text: @Sendable (Root) -> String?

  /// - Parameter prefix: stands before the path: `GATEWAY_`.
  func variable(prefix: String = "GATEWAY_") -> String {
    ownVariable ?? prefix + variableName(path)
  }
}

/// What somebody wrote for one key.
struct GivenValue: Sendable {
  enum Content: Sendable {
    case text(String)
    case list([String])
    /// A mistake that is noted already.
    case refused
  }
  var path: String
  /// As mistakes name it.
  var place: String
  var content: Content
  /// Whether mistakes must not show it.
  var isHidden = false
}

/// `limits.headBytes` as `LIMITS_HEAD_BYTES`; a run of capitals is one word.
func variableName(_ path: String) -> String {
  var name = ""
  var last: Character = "."
  for character in path {
    if character == "." {
      name.append("_")
    } else {
      if character.isUppercase, last != ".", !last.isUppercase { name.append("_") }
      name += character.uppercased()
    }
    last = character
  }
  return name
}

extension ConfigurationKey {
  typealias Path<Value> = any WritableKeyPath<Root, Value> & Sendable

  static func integer(
    _ path: String, _ target: Path<Int>, _ range: ClosedRange<Int>, variable: String? = nil,
    _ summary: String
  ) -> Self {
    scalar(
      path, variable, .integer(range),
      "a whole number from \(range.lowerBound) to \(range.upperBound)", summary
    ) { text, root in
      guard let value = wholeNumber(text), range.contains(value) else { return false }
      root[keyPath: target] = value
      return true
    } text: {
      String($0[keyPath: target])
    }
  }

  static func optionalInteger(
    _ path: String, _ target: Path<Int?>, _ range: ClosedRange<Int>, _ summary: String
  ) -> Self {
    scalar(
      path, nil, .integer(range),
      "a whole number from \(range.lowerBound) to \(range.upperBound)", summary
    ) { text, root in
      guard let value = wholeNumber(text), range.contains(value) else { return false }
      root[keyPath: target] = value
      return true
    } text: {
      $0[keyPath: target].map { String($0) }
    }
  }

  static func boolean(
    _ path: String, _ target: Path<Bool>, variable: String? = nil, _ summary: String
  ) -> Self {
    scalar(path, variable, .boolean, "true or false", summary) { text, root in
      guard let value = truth(text) else { return false }
      root[keyPath: target] = value
      return true
    } text: {
      String($0[keyPath: target])
    }
  }

  /// A choice of two words.
  static func either(
    _ path: String, _ target: Path<Bool>, true yes: String, false no: String,
    variable: String? = nil, _ summary: String
  ) -> Self {
    scalar(path, variable, .word([no, yes]), "\(no) or \(yes)", summary) { text, root in
      guard text == yes || text == no else { return false }
      root[keyPath: target] = text == yes
      return true
    } text: {
      $0[keyPath: target] ? yes : no
    }
  }

  static func word<Value: RawRepresentable<String> & CaseIterable & SendableMetatype>(
    _ path: String, _ target: Path<Value>, _ summary: String
  ) -> Self {
    let words = Value.allCases.map(\.rawValue)
    return scalar(path, nil, .word(words), words.joined(separator: ", "), summary) { text, root in
      guard let value = Value(rawValue: text) else { return false }
      root[keyPath: target] = value
      return true
    } text: {
      $0[keyPath: target].rawValue
    }
  }

  static func duration(
    _ path: String, _ target: Path<Duration>, _ range: ClosedRange<Duration>, _ summary: String
  ) -> Self {
    let lowest = DurationText.text(range.lowerBound)
    let highest = DurationText.text(range.upperBound)
    return scalar(
      path, nil, .duration, "a duration from \(lowest) to \(highest), as 500ms, 2s, 1m or 24h",
      summary
    ) { text, root in
      guard let value = DurationText.duration(text), range.contains(value) else { return false }
      root[keyPath: target] = value
      return true
    } text: {
      DurationText.text($0[keyPath: target])
    }
  }

  static func size(
    _ path: String, _ target: Path<Int>, _ range: ClosedRange<Int>, _ summary: String
  ) -> Self {
    let lowest = SizeText.text(range.lowerBound)
    let highest = SizeText.text(range.upperBound)
    return scalar(
      path, nil, .size, "a size from \(lowest) to \(highest), as 512B, 64KiB or 8MiB", summary
    ) { text, root in
      guard let value = SizeText.bytes(text), range.contains(value) else { return false }
      root[keyPath: target] = value
      return true
    } text: {
      SizeText.text($0[keyPath: target])
    }
  }

  /// Text with a rule of its own.
  static func text(
    _ path: String, _ target: Path<String?>, allowed: String, variable: String? = nil,
    _ summary: String, where isAllowed: @escaping @Sendable (String) -> Bool
  ) -> Self {
    scalar(path, variable, .text, allowed, summary) { text, root in
      guard isAllowed(text) else { return false }
      root[keyPath: target] = text
      return true
    } text: {
      $0[keyPath: target]
    }
  }

  /// The path of a file that can be read.
  static func file(_ path: String, _ target: Path<String?>, _ summary: String) -> Self {
    Self(
      path: path, ownVariable: nil, shape: .text, allowed: "the path of a readable file",
      summary: summary
    ) { content, root in
      guard case .text(let name) = content else { return "is a list" }
      if let problem = SmallFile.problem(name) { return problem }
      root[keyPath: target] = name
      return nil
    } text: {
      $0[keyPath: target]
    }
  }

  static func list(
    _ path: String, _ target: Path<[String]>, allowed: String, _ summary: String,
    where isAllowed: @escaping @Sendable (String) -> Bool
  ) -> Self {
    Self(path: path, ownVariable: nil, shape: .list, allowed: allowed, summary: summary) {
      content, root in
      let values = content.elements
      if let wrong = values.first(where: { !isAllowed($0) }) {
        return "\(quoted(wrong)) is not allowed"
      }
      root[keyPath: target] = values
      return nil
    } text: {
      "[\($0[keyPath: target].map(yamlText).joined(separator: ", "))]"
    }
  }

  static func scalar(
    _ path: String, _ variable: String?, _ shape: Shape, _ allowed: String, _ summary: String,
    set: @escaping @Sendable (String, inout Root) -> Bool,
    text: @escaping @Sendable (Root) -> String?
  ) -> Self {
    Self(path: path, ownVariable: variable, shape: shape, allowed: allowed, summary: summary) {
      content, root in
      guard case .text(let value) = content else { return "is a list" }
      return set(value, &root) ? nil : "\(quoted(value)) is not allowed"
    } text: {
      text($0)
    }
  }
}

extension GivenValue.Content {
  /// A text stands for the list of its comma-separated parts.
  var elements: [String] {
    switch self {
    case .list(let values): values
    case .text(let text): separated(text)
    case .refused: []
    }
  }
}

/// Parts between commas and line ends, without the blanks around them; empty ones are left out.
func separated(_ text: String) -> [String] {
  text.split { $0 == "," || $0.isNewline }
    .map { part in
      let blank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
      let rest = part.drop(while: blank)
      let end = rest.lastIndex { !blank($0) }.map(rest.index(after:)) ?? rest.startIndex
      return String(rest[..<end])
    }
    .filter { !$0.isEmpty }
}

func truth(_ text: String) -> Bool? {
  switch text {
  case "true", "1": true
  case "false", "0": false
  default: nil
  }
}

/// A scalar as YAML reads it back: quoted unless it is plainly text or a number.
func yamlText(_ value: String) -> String {
  let isPlain =
    !value.isEmpty && value.first != "-" && value.last != ":"
    && !["null", "true", "false", "yes", "no", "on", "off", "~"].contains(value.lowercased())
    && value.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
      default: "-._/:+".utf8.contains(byte)
      }
    }
  return isPlain ? value : quoted(value)
}
