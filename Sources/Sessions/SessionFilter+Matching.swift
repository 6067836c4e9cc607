import Bytes

/// A filter made ready to be asked row by row: what is wanted as bytes, `q` folded once. An object, as
/// the plans of all sources hold it.
package final class SessionMatcher: Sendable {
  package let filter: SessionFilter
  private let agentID: [UInt8]?
  private let participantID: [UInt8]?
  private let workspaceID: [UInt8]?
  private let text: String?
  /// The API's names of the parameters that restrict anything, passed-on ones aside.
  let restricted: Set<String>
  /// Whether what is asked is more than a row of a window tells.
  private let readsSession: Bool

  package init(_ filter: SessionFilter) {
    self.filter = filter
    agentID = filter.agentID.map { Array($0.utf8) }
    participantID = filter.participantID.map { Array($0.utf8) }
    workspaceID = filter.workspaceID.map { Array($0.utf8) }
    text = filter.text?.lowercased()
    restricted = filter.restrictedParameters
    readsSession = !restricted.isSubset(of: Self.times)
  }

  private static let times: Set = [
    "createdAfter", "createdBefore", "updatedAfter", "updatedBefore",
  ]

  package func matches(_ row: SourceRow) -> Bool {
    matchesTimes(row.window.rows[row.index])
      && (!readsSession || matches(row.session, in: row.window))
  }

  private func matchesTimes(_ row: Window.Row) -> Bool {
    if let bound = filter.createdAfter, row.createdAt < bound { return false }
    if let bound = filter.createdBefore, row.createdAt >= bound { return false }
    guard filter.updatedAfter != nil || filter.updatedBefore != nil else { return true }
    guard let updated = row.updatedAt else { return false }
    if let bound = filter.updatedAfter, updated < bound { return false }
    if let bound = filter.updatedBefore, updated >= bound { return false }
    return true
  }

  private func matches(_ session: Session, in window: Window) -> Bool {
    if !filter.statuses.isEmpty, !filter.statuses.contains(session.status) { return false }
    if !filter.channels.isEmpty, !filter.channels.contains(session.channel) { return false }
    if !filter.modalities.isEmpty, !filter.modalities.contains(session.modality) { return false }
    if let agentID, !window.string(session.agentID, equals: agentID) { return false }
    if let participantID, !window.string(session.participantID, equals: participantID) {
      return false
    }
    if let workspaceID, !window.string(session.workspaceID, equals: workspaceID) { return false }
    if let text {
      let id = String(decoding: window.nativeID(session), as: UTF8.self)
      return Self.contains(id, text) || Self.contains(window.text(session.title) ?? "", text)
    }
    return true
  }

  /// Substring without case and without Unicode normalisation: bytes are compared, where Swift's
  /// own `contains` would compare canonical equivalents.
  private static func contains(_ text: String, _ folded: String) -> Bool {
    let haystack = Array(text.lowercased().utf8)
    let needle = Array(folded.utf8)
    guard haystack.count >= needle.count else { return false }
    return (0...haystack.count - needle.count).contains { start in
      haystack[start..<start + needle.count].elementsEqual(needle)
    }
  }
}

extension SessionFilter {
  fileprivate var restrictedParameters: Set<String> {
    var names: Set<String> = []
    func add(_ name: String, _ restricts: Bool) {
      if restricts { names.insert(name) }
    }
    add("status", !statuses.isEmpty)
    add("channel", !channels.isEmpty)
    add("modality", !modalities.isEmpty)
    add("agentId", agentID != nil)
    add("participantId", participantID != nil)
    add("workspaceId", workspaceID != nil)
    add("q", text != nil)
    add("createdAfter", createdAfter != nil)
    add("createdBefore", createdBefore != nil)
    add("updatedAfter", updatedAfter != nil)
    add("updatedBefore", updatedBefore != nil)
    return names
  }
}
