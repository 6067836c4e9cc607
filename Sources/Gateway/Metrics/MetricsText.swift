import Bytes
import Transport

/// Writes the text format of Prometheus, version 0.0.4: for each family its help, its type and its
/// samples. Values of labels are routes, words of this program, and names whose configuration admits
/// letters, digits and `._-` alone, so that nothing has to be escaped.
struct MetricsText {
  enum Kind: String { case counter, gauge, histogram }
  typealias Label = (name: StaticString, value: String)

  let body = ByteBuffer(capacity: 64 * 1024)
  private var family: StaticString = ""

  mutating func begin(_ family: StaticString, _ kind: Kind, _ help: StaticString) {
    self.family = family
    body.append("# HELP ")
    body.append(family)
    body.append(" ")
    body.append(help)
    body.append("\n# TYPE ")
    body.append(family)
    body.append(" ")
    body.append(kind.rawValue)
    body.append("\n")
  }

  func sample(_ value: Int, _ labels: Label...) {
    head("", labels)
    body.append(decimal: value)
    body.append("\n")
  }

  func sample(_ value: Double, _ labels: Label...) {
    head("", labels)
    body.append("\(value)\n")
  }

  /// - Parameter scale: what a bound is divided by, 1e9 for nanoseconds to be written as seconds.
  func sample(_ histogram: Histogram, scale: Double, _ labels: Label...) {
    var total = 0
    for (index, count) in histogram.counts.enumerated() {
      total += count
      let bound =
        index < histogram.bounds.count
        ? Self.text(Double(histogram.bounds[index]) / scale) : "+Inf"
      head("_bucket", labels + [("le", bound)])
      body.append(decimal: total)
      body.append("\n")
    }
    head("_sum", labels)
    body.append("\(Double(histogram.sum) / scale)\n")
    head("_count", labels)
    body.append(decimal: total)
    body.append("\n")
  }

  /// A family of one sample.
  mutating func write(
    _ family: StaticString, _ kind: Kind, _ help: StaticString, _ value: Int
  ) {
    begin(family, kind, help)
    sample(value)
  }

  mutating func write(
    _ family: StaticString, _ kind: Kind, _ help: StaticString, _ value: Double
  ) {
    begin(family, kind, help)
    sample(value)
  }

  private func head(_ suffix: StaticString, _ labels: [Label]) {
    body.append(family)
    body.append(suffix)
    for (index, label) in labels.enumerated() {
      body.append(index == 0 ? "{" : ",")
      body.append(label.name)
      body.append("=\"")
      body.append(label.value)
      body.append("\"")
    }
    body.append(labels.isEmpty ? " " : "} ")
  }

  /// A whole number without a fraction, as others write bounds.
  private static func text(_ value: Double) -> String {
    value == value.rounded() ? String(Int(value)) : String(value)
  }
}
