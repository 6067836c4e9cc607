import HTTP

/// The decoded parameters of a query string.
struct Parameters {
  private let pairs: [(name: String, value: String)]

  init(query: String?) throws(APIProblem) {
    do throws(ProtocolError) {
      pairs = try Query.decode(query ?? "")
    } catch {
      throw .malformedQuery
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
    guard text.utf8.count == 36, groups.map(\.count) == [8, 4, 4, 4, 12],
      groups.joined().allSatisfy(\.isHexDigit)
    else { throw .invalid(parameter: name, value: text, rule: .uuid) }
    return text
  }
}
