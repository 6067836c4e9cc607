/// Durations as people write them: `500ms`, `2s`, `1m`, `24h`.
enum DurationText {
  private static let units: [(suffix: String, milliseconds: Int64)] = [
    ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
  ]

  static func duration(_ text: String) -> Duration? {
    guard let (count, suffix) = countAndSuffix(text),
      let unit = units.first(where: { $0.suffix == suffix })
    else { return nil }
    let (milliseconds, overflows) = Int64(count).multipliedReportingOverflow(by: unit.milliseconds)
    return overflows ? nil : .milliseconds(milliseconds)
  }

  /// In the largest unit that needs no fraction; whole milliseconds.
  static func text(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    let milliseconds = seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    if milliseconds == 0 { return "0s" }
    for unit in units where milliseconds % unit.milliseconds == 0 {
      return "\(milliseconds / unit.milliseconds)\(unit.suffix)"
    }
    return "\(milliseconds)ms"
  }
}

/// Sizes as people write them: `512B`, `64KiB`, `8MiB`, `1GiB`.
enum SizeText {
  private static let units: [(suffix: String, bytes: Int)] = [
    ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1),
  ]

  static func bytes(_ text: String) -> Int? {
    guard let (count, suffix) = countAndSuffix(text),
      let unit = units.first(where: { $0.suffix == suffix })
    else { return nil }
    let (bytes, overflows) = count.multipliedReportingOverflow(by: unit.bytes)
    return overflows ? nil : bytes
  }

  static func text(_ bytes: Int) -> String {
    for unit in units where bytes != 0 && bytes % unit.bytes == 0 {
      return "\(bytes / unit.bytes)\(unit.suffix)"
    }
    return "\(bytes)B"
  }
}

/// Digits alone, at most 18 of them, which always fit.
func wholeNumber(_ text: some StringProtocol) -> Int? {
  guard !text.isEmpty, text.utf8.count <= 18, text.utf8.allSatisfy({ 0x30...0x39 ~= $0 })
  else { return nil }
  return Int(text)
}

private func countAndSuffix(_ text: String) -> (count: Int, suffix: String)? {
  let digits = text.prefix { $0.isASCII && $0.isNumber }
  guard let count = wholeNumber(digits) else { return nil }
  return (count, String(text[digits.endIndex...]))
}
