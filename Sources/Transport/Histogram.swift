/// How often values fell at or below each of some bounds, with their sum: what Prometheus calls a
/// histogram. Plain memory; its owner says who may change it.
package struct Histogram: Sendable {
  /// Upper bounds, ascending; durations are in nanoseconds.
  package let bounds: [Int64]
  /// Values in each bucket, not yet added up; the last is for what lies above every bound.
  package private(set) var counts: [Int]
  package private(set) var sum: Int64 = 0

  package init(bounds: [Int64]) {
    self.bounds = bounds
    counts = Array(repeating: 0, count: bounds.count + 1)
  }

  /// From one millisecond to the half minute after which whoever asked has long left.
  package static let durations: [Int64] = [
    1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000,
  ].map { $0 * 1_000_000 }

  package mutating func note(_ value: Int64) {
    var bucket = 0
    while bucket < bounds.count, value > bounds[bucket] { bucket += 1 }
    counts[bucket] += 1
    sum &+= value
  }

  package mutating func note(_ duration: Duration) { note(duration.wholeNanoseconds) }

  /// Adds what another one of the same bounds has counted.
  package mutating func add(_ other: Histogram) {
    for index in counts.indices { counts[index] += other.counts[index] }
    sum &+= other.sum
  }
}
