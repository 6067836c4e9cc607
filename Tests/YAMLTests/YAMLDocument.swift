import Support

/// A random tree, written down in one of the many ways that YAML has.
struct YAMLDocument {
  private var random: SeededGenerator
  private var text = ""

  /// One that our reader accepts.
  static func make(_ random: inout SeededGenerator) -> String {
    var document = YAMLDocument(random: random)
    if document.random.chance(0.3) { document.text = "---\n" }
    document.collection(0, depth: 0)
    random = document.random
    return random.chance(0.1) ? document.text.replacing("\n", with: "\r\n") : document.text
  }

  /// With a few changes that are likely to matter.
  static func mutated(_ text: String, _ random: inout SeededGenerator) -> String {
    var bytes = Array(text.utf8)
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      let index = Int.random(in: 0...bytes.count, using: &random)
      let end = min(bytes.count, index + Int.random(in: 1...12, using: &random))
      switch Int.random(in: 0..<5, using: &random) {
      case 0: bytes.removeSubrange(index..<min(index + 1, bytes.count))
      case 1: bytes.removeSubrange(index..<end)
      case 2:
        let from = Int.random(in: 0...index, using: &random)
        bytes.insert(contentsOf: Array(bytes[from..<min(bytes.count, from + 12)]), at: index)
      default:
        bytes.insert(contentsOf: (pieces.randomElement(using: &random) ?? "").utf8, at: index)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static let pieces = [
    " ", "  ", "\n", "\n\n", "\t", "- ", "-", ": ", ":", ", ", ",", "[", "]", "{", "}", "'", "\"",
    "#",
    " # x", "|", "|-\n", "|+\n", ">", ">-\n", "&a", "*a", "!x", "? ", "---", "...", "---\n", "%",
    "@", "\\",
    "\\x41", "\\", "\r", "\r\n", "\u{85}", "\u{2028}", "\u{FEFF}", "\u{7F}", "é", "~", "null", "a",
    "b: c", "1", "0x1",
  ]
  private static let words = [
    "a", "b", "name", "x1", "10s", "64KiB", "http://h:80/p", "::1", "-1", "a b", "é", "a#b", "a,b",
    "null", "~", "true",
  ]
  private static let quoted = [
    "''", "'a: b'", "'it''s'", "\"\"", "\"a\\tb\"", "\"#\"", "'[x]'", "\"\\u00e9\\\\\"", "'null'",
    "\"\\x00\"",
  ]

  private mutating func collection(_ indent: Int, depth: Int) {
    let pad = String(repeating: " ", count: indent)
    let isList = random.chance(0.4)
    for number in 0..<Int.random(in: 1...4, using: &random) {
      if random.chance(0.15) { text += random.chance(0.5) ? "\n" : "\(pad)# note: {\n" }
      if isList {
        text += "\(pad)-"
        if depth < 4, random.chance(0.2) {
          let start = text.endIndex
          collection(indent + 2, depth: depth + 1)
          // The first entry on the line of the dash.
          let compact = text[start...].drop { $0 == " " }
          if !compact.hasPrefix("#"), !compact.hasPrefix("\n") {
            text = text[..<start] + " " + compact
          } else {
            text = text[..<start] + "\n" + text[start...]
          }
          continue
        }
      } else {
        text +=
          pad + (random.chance(0.2) ? "'k \(number)'" : "k\(number)")
          + (random.chance(0.1) ? " :" : ":")
      }
      value(indent, isList, depth)
    }
  }

  private mutating func value(_ indent: Int, _ isInList: Bool, _ depth: Int) {
    switch Int.random(in: 0..<8, using: &random) {
    case 0: text += "\n"
    case 1 where depth < 4:
      text += random.chance(0.2) ? " # x\n" : "\n"
      let isUnder = !isInList && random.chance(0.2)
      if isUnder {
        let pad = String(repeating: " ", count: indent)
        text += "\(pad)- x\n\(pad)- y\n"
      } else {
        collection(indent + Int.random(in: 1...4, using: &random), depth: depth + 1)
      }
    case 2: literal(indent)
    case 3, 4:
      text += " "
      flow(depth: depth)
      text += "\n"
    default:
      text += " " + scalar(isFlow: false) + (random.chance(0.2) ? "  # c" : "") + "\n"
    }
  }

  private mutating func literal(_ indent: Int) {
    text += " |" + (["", "-", "+"].randomElement(using: &random) ?? "") + "\n"
    let pad = String(repeating: " ", count: indent + Int.random(in: 1...3, using: &random))
    for number in 0..<Int.random(in: 0...3, using: &random) {
      text += "\(pad)\(number > 0 && random.chance(0.3) ? "  " : "")line: \(number) # no comment\n"
      if random.chance(0.3) { text += random.chance(0.5) ? "\n" : "\(pad) \n" }
    }
  }

  private mutating func flow(depth: Int) {
    let isList = random.chance(0.5)
    text += isList ? "[" : "{"
    for number in 0..<Int.random(in: 0...3, using: &random) {
      text += number > 0 ? "," : ""
      text += random.chance(0.2) ? "\n" : " "
      if !isList {
        text += random.chance(0.3) ? "\"q\(number)\":" : "f\(number): "
        if random.chance(0.1) { continue }
      }
      if depth < 4, random.chance(0.3) {
        flow(depth: depth + 1)
      } else {
        text += scalar(isFlow: true)
      }
    }
    text += random.chance(0.2) ? "\n" : " "
    text += isList ? "]" : "}"
  }

  private mutating func scalar(isFlow: Bool) -> String {
    if random.chance(0.3) { return Self.quoted.randomElement(using: &random) ?? "" }
    let word = Self.words.randomElement(using: &random) ?? ""
    return isFlow && (word.contains(",") || word.hasPrefix(":")) ? "w" : word
  }
}
