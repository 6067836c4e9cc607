/// The orders a list can be asked in. Ties go by id in the same direction; sessions without the
/// sort value come last in both directions.
package struct SessionOrder: Hashable, Sendable {
  package enum Key: UInt8, Sendable { case createdAt, updatedAt }
  package var key: Key
  package var descending: Bool

  package init(_ key: Key, descending: Bool) {
    self.key = key
    self.descending = descending
  }

  package static let newestFirst = SessionOrder(.createdAt, descending: true)

  package var reversed: SessionOrder { SessionOrder(key, descending: !descending) }
}
