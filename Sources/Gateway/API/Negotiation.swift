import HTTP

/// Which format a list is answered in: `format` wins over `Accept`, whose weights count (RFC 9110,
/// 12.5.1).
enum Negotiation {
  private static let types: [(format: ListParameters.Format, type: String)] = [
    (.json, "application/json"), (.ndjson, "application/x-ndjson"), (.csv, "text/csv"),
  ]

  static func format(
    _ parameters: ListParameters, _ fields: Fields
  ) throws(Problem) -> ListParameters.Format {
    if let format = parameters.format { return format }
    let ranges = fields.elements("accept").compactMap(range)
    if ranges.isEmpty { return .json }
    var best: (format: ListParameters.Format, weight: Int)?
    for (format, type) in types {
      let weight = weight(of: type, ranges)
      if weight > best?.weight ?? 0 { best = (format, weight) }
    }
    guard let best else {
      throw Problem(
        .notAcceptable, "Accept must allow one of \(types.map(\.type).joined(separator: ", "))")
    }
    return best.format
  }

  private struct MediaRange {
    var type: String
    /// In thousandths.
    var weight: Int
  }

  private static func range(_ element: String) -> MediaRange? {
    let parts = element.split(separator: ";").map { $0.filter { !$0.isWhitespace }.lowercased() }
    guard let type = parts.first, type.contains("/") else { return nil }
    let quality = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) }
    return MediaRange(type: type, weight: Int((quality ?? 1).clamped(to: 0...1) * 1000))
  }

  /// The weight of the most specific range that covers a type.
  private static func weight(of type: String, _ ranges: [MediaRange]) -> Int {
    let family = type.prefix { $0 != "/" } + "/*"
    for candidate in [type, String(family), "*/*"] {
      if let range = ranges.first(where: { $0.type == candidate }) { return range.weight }
    }
    return 0
  }
}

extension Double {
  fileprivate func clamped(to range: ClosedRange<Double>) -> Double {
    isNaN ? 0 : Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
  }
}
