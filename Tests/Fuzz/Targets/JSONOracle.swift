/// A second reader of JSON: slow, obvious, and written from the grammar of RFC 8259. It says whether
/// there is a document, nothing of what it holds. It only serves to be compared with the real one.
struct JSONOracle {
  private struct Stop: Error {}

  private var rest: ArraySlice<UInt8>

  /// - Parameter depth: how many arrays and objects may be open at a time.
  static func accepts(_ bytes: [UInt8], depth: Int) -> Bool {
    guard String(validating: bytes, as: UTF8.self) != nil else { return false }
    var oracle = JSONOracle(rest: bytes[...])
    do throws(Stop) {
      oracle.space()
      try oracle.value(depth: depth)
      oracle.space()
      return oracle.rest.isEmpty
    } catch {
      return false
    }
  }

  private mutating func value(depth: Int) throws(Stop) {
    switch rest.first {
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      if depth == 0 { throw Stop() }
      try container(depth: depth)
    case UInt8(ascii: "\""): try string()
    case UInt8(ascii: "t"): try word("true")
    case UInt8(ascii: "f"): try word("false")
    case UInt8(ascii: "n"): try word("null")
    default: try number()
    }
  }

  private mutating func container(depth: Int) throws(Stop) {
    let isObject = rest.removeFirst() == UInt8(ascii: "{")
    let close: Character = isObject ? "}" : "]"
    space()
    if take(close) { return }
    repeat {
      space()
      if isObject {
        try string()
        space()
        guard take(":") else { throw Stop() }
        space()
      }
      try value(depth: depth - 1)
      space()
    } while take(",")
    guard take(close) else { throw Stop() }
  }

  private mutating func string() throws(Stop) {
    guard take("\"") else { throw Stop() }
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "\""): return
      case UInt8(ascii: "\\"):
        guard let escape = rest.popFirst() else { throw Stop() }
        if escape == UInt8(ascii: "u") {
          let digits = rest.prefix(4)
          guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit })
          else { throw Stop() }
          rest = rest.dropFirst(4)
        } else {
          guard "\"\\/bfnrt".utf8.contains(escape) else { throw Stop() }
        }
      case ..<0x20: throw Stop()
      default: break
      }
    }
    throw Stop()
  }

  private mutating func number() throws(Stop) {
    _ = take("-")
    if !take("0") { try digits() }
    if take(".") { try digits() }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      try digits()
    }
  }

  private mutating func digits() throws(Stop) {
    let count = rest.prefix { 0x30...0x39 ~= $0 }.count
    if count == 0 { throw Stop() }
    rest = rest.dropFirst(count)
  }

  private mutating func word(_ word: String) throws(Stop) {
    guard rest.starts(with: word.utf8) else { throw Stop() }
    rest = rest.dropFirst(word.utf8.count)
  }

  private mutating func take(_ character: Character) -> Bool {
    guard let byte = rest.first, byte == character.asciiValue else { return false }
    rest.removeFirst()
    return true
  }

  private mutating func space() {
    rest = rest.drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
  }
}
