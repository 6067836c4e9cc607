/// A point in time as milliseconds since 1970-01-01T00:00:00Z. Digits below the millisecond are cut
/// off when it is read, and order and ties go by the cut value.
package struct Timestamp: Comparable, Hashable, Sendable {
  package var milliseconds: Int64
  package init(milliseconds: Int64) { self.milliseconds = milliseconds }
  package static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.milliseconds < right.milliseconds
  }
}
