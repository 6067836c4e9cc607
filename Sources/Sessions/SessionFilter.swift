/// What a list may be narrowed to. Empty sets and nil mean no restriction.
package struct SessionFilter: Hashable, Sendable {
  package var statuses: Set<SessionStatus> = []
  package var channels: Set<SessionChannel> = []
  package var modalities: Set<SessionModality> = []
  package var agentID: String?
  package var participantID: String?
  package var workspaceID: String?
  /// Substring of title or native id, compared without case and without Unicode normalisation.
  package var text: String?
  /// At or after.
  package var createdAfter: Timestamp?
  /// Strictly before.
  package var createdBefore: Timestamp?
  package var updatedAfter: Timestamp?
  package var updatedBefore: Timestamp?
  /// Parameters passed on to one provider, by their public names (`<provider>.<name>`), values checked.
  package var passedOn: [String: String] = [:]

  package init() {}
}
