import Support

/// A valid file with a few changes as slips of the hand make them, and as none would.
enum ConfigurationMutation {
  static func of(_ valid: String, _ random: inout SeededGenerator) -> String {
    var lines = valid.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      if random.chance(0.4) {
        lines = whole(lines, &random)
      } else {
        let index = Int.random(in: 0..<lines.count, using: &random)
        lines[index] = within(lines[index], &random)
      }
    }
    return lines.joined(separator: random.chance(0.05) ? "\r\n" : "\n")
  }

  private static let values = [
    "", "~", "0", "-1", "1", "99999999999999999999", "1.5", "true", "off", "10s", "0ms", "1MiB",
    "''", "\"\"", "[]", "{}",
    "[a, b]", "[[]]", "{ a: b }", "\"\\0\"", "'\u{e9}'", "https://user:pass@h/",
    "http://[::1]:99999", "/dev/null", "/",
    "/nonexistent", "${GRAFANA_TOKEN}", "${UNSET}", "${", "$${a}", "*a", "&a b", "!!int 1", "|",
    ">", "anam", "0.0.0.0", "::",
  ]
  private static let pieces = [
    "{", "}", "[", "]", ":", "- ", "\n", "  ", "&a ", "*a", "!x ", "|", "\"", "'", "${", "#", "\t",
    "<<: ", ",", "\u{0}",
    "\u{7F}", "\u{2028}", "\u{FEFF}", "\u{1F600}", "%", "? ", "---\n", "...\n", "\r",
  ]

  private static func whole(_ lines: [String], _ random: inout SeededGenerator) -> [String] {
    var lines = lines
    let index = Int.random(in: 0..<lines.count, using: &random)
    let other = Int.random(in: 0..<lines.count, using: &random)
    switch Int.random(in: 0..<6, using: &random) {
    case 0 where lines.count > 1: lines.remove(at: index)
    case 1: lines.insert(lines[other], at: index)
    case 2: lines.swapAt(index, other)
    case 3: lines[index] = " " + lines[index]
    case 4: lines[index] = String(lines[index].drop { $0 == " " })
    default:
      let end = min(lines.count, index + Int.random(in: 1...30, using: &random))
      lines.insert(contentsOf: lines[index..<end], at: other)
    }
    return lines
  }

  private static func within(_ line: String, _ random: inout SeededGenerator) -> String {
    if random.chance(0.4), let colon = line.firstIndex(of: ":") {
      return line[...colon] + " " + (values.randomElement(using: &random) ?? "")
    }
    var bytes = Array(line.utf8)
    let index = Int.random(in: 0...bytes.count, using: &random)
    let end = min(bytes.count, index + Int.random(in: 1...8, using: &random))
    switch Int.random(in: 0..<5, using: &random) {
    case 0: bytes.removeSubrange(index..<end)
    case 1: bytes.insert(contentsOf: Array(bytes[index..<end]), at: index)
    case 2 where index < bytes.count: bytes[index] = UInt8.random(in: 0...255, using: &random)
    case 3 where index < bytes.count: bytes[index] ^= 0x20
    default:
      bytes.insert(contentsOf: (pieces.randomElement(using: &random) ?? "").utf8, at: index)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
