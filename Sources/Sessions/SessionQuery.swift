import Bytes

/// What a traversal lists: the part of a request that has to stay the same from page to page.
package struct SessionQuery: Hashable, Sendable {
  package var order = SessionOrder.newestFirst
  package var filter = SessionFilter()
  /// Names of configured sources; empty for all.
  package var sources: Set<String> = []
  /// Names of providers; empty for all.
  package var providers: Set<String> = []

  package init() {}

  /// The query's meaning in 8 bytes: the same for every spelling of the same query, on every
  /// replica.
  package var fingerprint: UInt64 {
    let meaning = ByteBuffer(capacity: 256)
    func add(_ name: String, _ value: String) {
      meaning.append("&")
      meaning.append(name)
      meaning.append("=")
      meaning.append(value)
    }
    meaning.append("order=")
    meaning.append(order.key.rawValue)
    meaning.append(order.descending ? ",true" : ",false")
    add("source", Self.list(sources))
    add("provider", Self.list(providers))
    add("status", Self.list(filter.statuses.lazy.map(\.rawValue)))
    add("channel", Self.list(filter.channels.lazy.map(\.rawValue)))
    add("modality", Self.list(filter.modalities.lazy.map(\.rawValue)))
    add("agentId", Self.text(filter.agentID))
    add("participantId", Self.text(filter.participantID))
    add("workspaceId", Self.text(filter.workspaceID))
    add("q", Self.text(filter.text?.lowercased()))
    add("createdAfter", Self.time(filter.createdAfter))
    add("createdBefore", Self.time(filter.createdBefore))
    add("updatedAfter", Self.time(filter.updatedAfter))
    add("updatedBefore", Self.time(filter.updatedBefore))
    for (name, value) in filter.passedOn.sorted(by: { $0.key < $1.key }) {
      add(name, Self.text(value))
    }
    let digest = SHA256.digest(meaning.bytes)
    return (0..<8).reduce(0) { $0 << 8 | UInt64(digest[$1]) }
  }

  private static func list(_ values: some Collection<String>) -> String {
    values.isEmpty ? "" : values.sorted().joined(separator: ",")
  }

  /// Lengths keep two texts from being read as one another.
  private static func text(_ value: String?) -> String {
    value.map { "\($0.utf8.count):\($0)" } ?? "-"
  }

  private static func time(_ value: Timestamp?) -> String {
    value.map { String($0.milliseconds) } ?? "-"
  }
}
