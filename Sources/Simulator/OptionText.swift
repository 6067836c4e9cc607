/// A value of an option that cannot be read: what was given and what is allowed.
package struct SimulatorOptionError: Error, Equatable, CustomStringConvertible {
  package var option: String
  package var value: String
  package var expected: String

  package var description: String { "\(option): \"\(value)\": expected \(expected)" }
}

/// Reads the text forms of option values. Every function names the option in its error.
enum OptionText {
  /// `500ms`, `2s`, `1m`, `1h`.
  static func duration(_ text: Substring) -> Duration? {
    let units: [(suffix: String, milliseconds: Double)] = [
      ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000),
    ]
    for (suffix, milliseconds) in units where text.hasSuffix(suffix) {
      guard let number = plainNumber(text.dropLast(suffix.count)) else { return nil }
      let total = number * milliseconds
      // A year: far more than anybody waits for, and far from any overflow.
      guard total <= 365 * 86_400_000 else { return nil }
      return .microseconds(Int64(total * 1_000))
    }
    return nil
  }

  /// `20ms` or `20ms-60ms`.
  static func durationRange(_ text: Substring) -> ClosedRange<Duration>? {
    let ends = text.split(separator: "-", omittingEmptySubsequences: false).map(duration)
    guard ends.count <= 2, let first = ends[0], let last = ends[ends.count - 1], first <= last
    else { return nil }
    return first...last
  }

  /// `512`, `64KiB`, `8MiB`.
  static func bytes(_ text: Substring) -> Int? {
    for (suffix, factor) in [("KiB", 1_024), ("MiB", 1_024 * 1_024)] where text.hasSuffix(suffix) {
      return bytes(text.dropLast(3)).flatMap { $0 <= 65_536 ? $0 * factor : nil }
    }
    guard let count = Int(text), count > 0, count <= 1 << 30 else { return nil }
    return count
  }

  /// `0.2` or `20%`.
  static func share(_ text: Substring) -> Double? {
    let isPercentage = text.hasSuffix("%")
    guard let number = plainNumber(isPercentage ? text.dropLast() : text) else { return nil }
    let share = isPercentage ? number / 100 : number
    return share <= 1 ? share : nil
  }

  /// Digits with at most one point: no sign, no exponent, no `inf`.
  static func plainNumber(_ text: Substring) -> Double? {
    guard text.utf8.allSatisfy({ ($0 >= 0x30 && $0 <= 0x39) || $0 == UInt8(ascii: ".") }),
      text.utf8.first != UInt8(ascii: "."), text.utf8.last != UInt8(ascii: ".")
    else { return nil }
    return Double(text)
  }

  /// `anam=REST` is for one provider, anything else for all of them.
  static func providers(
    _ text: String, option: String
  ) throws(SimulatorOptionError) -> (providers: [SimulatedProvider], rest: String) {
    guard let equals = text.firstIndex(of: "=") else { return (SimulatedProvider.allCases, text) }
    let name = text[..<equals]
    let rest = String(text[text.index(after: equals)...])
    if name == "all" { return (SimulatedProvider.allCases, rest) }
    guard let provider = SimulatedProvider(rawValue: String(name)) else {
      throw SimulatorOptionError(
        option: option, value: text, expected: "alcamine=..., anam=..., athena=... or all=...")
    }
    return ([provider], rest)
  }
}
