import Testing

/// Checks that `ids` are `expected`, in this order, and says what differs in a line.
func expectSame(
  _ ids: [String], _ expected: [String], _ comment: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard ids != expected else { return }
  let missing = Set(expected).subtracting(ids).sorted()
  let extra = Set(ids).subtracting(expected).sorted()
  let place = zip(ids, expected).enumerated().first { $1.0 != $1.1 }
  let first = place.map { "first at \($0.offset): \($0.element.0) for \($0.element.1)" } ?? ""
  Issue.record(
    """
    \(comment) \(ids.count) ids for \(expected.count), \(Set(ids).count) of them different; \
    \(missing.count) missing \(missing.prefix(3)), \(extra.count) extra \(extra.prefix(3)); \(first)
    """, sourceLocation: sourceLocation)
}
