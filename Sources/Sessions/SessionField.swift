/// The top-level fields of a session in an answer, in the order in which they are written.
package enum SessionField: String, CaseIterable, Sendable {
  case id, source, provider, nativeId, title, status, nativeStatus, channel, modality
  case createdAt, updatedAt, startedAt, endedAt, durationMs, agent, participant
  case workspaceId, conversationId, parentId, messageCount, costUsd, error, attributes, raw
}

/// A set of fields, one bit each.
package struct SessionFields: Hashable, Sendable {
  private var bits: UInt32

  private init(bits: UInt32) { self.bits = bits }

  /// The id is always among them.
  package init(_ fields: some Sequence<SessionField>) {
    bits = fields.reduce(Self.bit(.id)) { $0 | Self.bit($1) }
  }

  package static let all = SessionFields(SessionField.allCases)

  @inline(__always)
  package func contains(_ field: SessionField) -> Bool { bits & Self.bit(field) != 0 }

  package func removing(_ field: SessionField) -> SessionFields {
    SessionFields(bits: bits & ~Self.bit(field) | Self.bit(.id))
  }

  @inline(__always)
  private static func bit(_ field: SessionField) -> UInt32 {
    1 &<< UInt32(truncatingIfNeeded: field.index)
  }
}

extension SessionField {
  /// Place in `allCases`: the number of the case.
  @inline(__always)
  fileprivate var index: Int {
    switch self {
    case .id: 0
    case .source: 1
    case .provider: 2
    case .nativeId: 3
    case .title: 4
    case .status: 5
    case .nativeStatus: 6
    case .channel: 7
    case .modality: 8
    case .createdAt: 9
    case .updatedAt: 10
    case .startedAt: 11
    case .endedAt: 12
    case .durationMs: 13
    case .agent: 14
    case .participant: 15
    case .workspaceId: 16
    case .conversationId: 17
    case .parentId: 18
    case .messageCount: 19
    case .costUsd: 20
    case .error: 21
    case .attributes: 22
    case .raw: 23
    }
  }
}
