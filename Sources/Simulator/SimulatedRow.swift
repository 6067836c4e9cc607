/// What an onlooker may want to know of a session without reading its JSON.
package struct SimulatedRow: Sendable, Equatable {
  package var id: String
  package var createdAt: WallTime
  package var updatedAt: WallTime
  /// Left out of Athena's list unless asked for.
  package var isSubSession: Bool
  /// Left out of Athena's list unless asked for.
  package var isTask: Bool
}
