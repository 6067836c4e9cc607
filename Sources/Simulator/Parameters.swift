/// The decoded parameters of a query string.
struct Parameters {
  private let pairs: [(name: String, value: String)]

  /// An escape that is not valid stands for itself, as in lenient frameworks.
  init(query: String?) {
    pairs = (query ?? "").split(separator: "&").map { part in
      let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let value = halves.count > 1 ? halves[1] : ""
      return (
        percentDecoded(halves[0], plusIsSpace: true), percentDecoded(value, plusIsSpace: true)
      )
    }
  }

  /// The last value under `name`: a repeated one overrides.
  func value(_ name: StaticString) -> String? {
    pairs.last { $0.name == "\(name)" }?.value
  }

  /// All values under `name`, split at commas too; nil without the parameter.
  func list(_ name: StaticString) -> Set<String>? {
    let values = pairs.filter { $0.name == "\(name)" }.map(\.value)
    guard !values.isEmpty else { return nil }
    return Set(values.flatMap { $0.split(separator: ",").map(String.init) })
  }

  func integer(
    _ name: StaticString, in range: ClosedRange<Int>, default fallback: Int
  ) throws(APIProblem) -> Int {
    guard let text = value(name) else { return fallback }
    guard let number = Int(text) else {
      throw .invalid(parameter: name, value: text, rule: .integer)
    }
    if number < range.lowerBound {
      throw .invalid(parameter: name, value: text, rule: .atLeast(range.lowerBound))
    }
    if number > range.upperBound {
      throw .invalid(parameter: name, value: text, rule: .atMost(range.upperBound))
    }
    return number
  }

  func boolean(_ name: StaticString) throws(APIProblem) -> Bool {
    guard let text = value(name) else { return false }
    switch text.lowercased() {
    case "true", "1", "yes", "on", "t", "y": return true
    case "false", "0", "no", "off", "f", "n": return false
    default: throw .invalid(parameter: name, value: text, rule: .boolean)
    }
  }

  func time(_ name: StaticString) throws(APIProblem) -> WallTime? {
    guard let text = value(name) else { return nil }
    guard let time = WallTime(iso: text) else {
      throw .invalid(parameter: name, value: text, rule: .time)
    }
    return time
  }

  func choice(
    _ name: StaticString, of choices: [String], default fallback: String
  ) throws(APIProblem) -> String {
    guard let text = value(name) else { return fallback }
    guard choices.contains(text) else {
      throw .invalid(parameter: name, value: text, rule: .oneOf(choices))
    }
    return text
  }

  func uuid(_ name: StaticString) throws(APIProblem) -> String? {
    guard let text = value(name)?.lowercased() else { return nil }
    let groups = text.split(separator: "-", omittingEmptySubsequences: false)
    guard groups.map(\.count) == [8, 4, 4, 4, 12],
      groups.allSatisfy({ $0.utf8.allSatisfy { hexadecimalValue($0) != nil } })
    else { throw .invalid(parameter: name, value: text, rule: .uuid) }
    return text
  }
}

func percentDecoded(_ text: some StringProtocol, plusIsSpace: Bool) -> String {
  var decoded: [UInt8] = []
  var bytes = Array(text.utf8)[...]
  while let byte = bytes.popFirst() {
    if byte == UInt8(ascii: "%"), bytes.count >= 2,
      let high = hexadecimalValue(bytes[bytes.startIndex]),
      let low = hexadecimalValue(bytes[bytes.startIndex + 1])
    {
      decoded.append(high << 4 | low)
      bytes = bytes.dropFirst(2)
    } else {
      decoded.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
    }
  }
  return String(decoding: decoded, as: UTF8.self)
}

private func hexadecimalValue(_ byte: UInt8) -> UInt8? {
  switch byte {
  case 0x30...0x39: byte - 0x30
  case 0x41...0x46: byte - 0x37
  case 0x61...0x66: byte - 0x57
  default: nil
  }
}
