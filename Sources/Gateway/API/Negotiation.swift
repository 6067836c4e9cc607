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
    // What curl and scripts send.
    if fields.values("accept") == ["*/*"] { return .json }
    let ranges = fields.elements("accept").compactMap(WeightedElement.init)
      .filter { $0.name.contains("/") }
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

  /// The weight of the most specific range that covers a type.
  private static func weight(of type: String, _ ranges: [WeightedElement]) -> Int {
    let family = type.prefix { $0 != "/" } + "/*"
    for candidate in [type, String(family), "*/*"] {
      if let range = ranges.first(where: { $0.name == candidate }) { return range.weight }
    }
    return 0
  }
}
