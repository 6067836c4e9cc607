/// One element of `Accept` or `Accept-Encoding`, with how much it is wanted (RFC 9110, 12.4.2).
struct WeightedElement {
  /// In lower case, without parameters.
  let name: String
  /// In thousandths; 0 is "not acceptable".
  let weight: Int

  init?(_ element: String) {
    let parts = element.split(separator: ";").map { $0.filter { !$0.isWhitespace }.lowercased() }
    guard let name = parts.first, !name.isEmpty else { return nil }
    self.name = name
    let quality = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) }
    weight = Int((quality ?? 1).clamped(to: 0...1) * 1000)
  }
}

extension Double {
  fileprivate func clamped(to range: ClosedRange<Double>) -> Double {
    isNaN ? 0 : Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
  }
}
