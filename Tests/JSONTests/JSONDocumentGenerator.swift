/// Random JSON documents, valid ones and ones with a few bytes changed.
struct JSONDocumentGenerator {
  var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  mutating func document() -> [UInt8] {
    var output: [UInt8] = []
    value(&output, depth: 0)
    return output
  }

  /// Changes, drops, doubles or cuts a few bytes.
  mutating func mutated(_ document: [UInt8]) -> [UInt8] {
    var bytes = document
    for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
      let index = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<5, using: &random) {
      case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes.remove(at: index)
      case 2: bytes.insert(pick("{}[]:,\"\\0-.eEtfn u\u{1}é".utf8), at: index)
      case 3: bytes.insert(bytes[index], at: index)
      default: bytes.removeLast(bytes.count - index)
      }
    }
    return bytes
  }

  private mutating func pick<Element>(_ choices: some Collection<Element>) -> Element {
    choices[
      choices.index(
        choices.startIndex, offsetBy: Int.random(in: 0..<choices.count, using: &random))]
  }

  private mutating func space(_ output: inout [UInt8]) {
    if Int.random(in: 0..<8, using: &random) == 0 { output.append(pick([0x20, 0x0A, 0x0D, 0x09])) }
  }

  private mutating func value(_ output: inout [UInt8], depth: Int) {
    space(&output)
    switch Int.random(in: 0..<(depth > 5 ? 5 : 8), using: &random) {
    case 0: output += pick(["true", "false", "null"]).utf8
    case 1: output += number().utf8
    case 2...4: string(&output)
    case 5: sequence(&output, "[", "]") { $0.value(&$1, depth: depth + 1) }
    default:
      sequence(&output, "{", "}") { generator, output in
        generator.string(&output)
        generator.space(&output)
        output.append(0x3A)
        generator.value(&output, depth: depth + 1)
      }
    }
    space(&output)
  }

  private mutating func sequence(
    _ output: inout [UInt8], _ open: String, _ close: String,
    _ element: (inout JSONDocumentGenerator, inout [UInt8]) -> Void
  ) {
    output += open.utf8
    for index in 0..<Int.random(in: 0...5, using: &random) {
      if index > 0 { output.append(0x2C) }
      space(&output)
      element(&self, &output)
      space(&output)
    }
    output += close.utf8
  }

  private mutating func number() -> String {
    var text = Bool.random(using: &random) ? "-" : ""
    text += pick(["0", "7", "42", "1234567890123", "99999999999999999999"])
    text += pick(["", "", ".5", ".000", ".25"])
    return text + pick(["", "", "e1", "E-2", "e+3"])
  }

  private mutating func string(_ output: inout [UInt8]) {
    output.append(0x22)
    for _ in 0..<Int.random(in: 0...24, using: &random) {
      output +=
        pick([
          "a", "b", "c", "id", " ", "0", "é", "€", "😀", "\\n", "\\\"", "\\\\", "\\/", "\\u0041",
          "\\u00e9",
          "\\ud83d\\ude00", "{", "]", ":", ",", "\u{7F}", "name",
        ]).utf8
    }
    output.append(0x22)
  }
}
