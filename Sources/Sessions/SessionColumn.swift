package import Bytes
import JSON

/// The columns of a session in a table: the fields in their order, objects' members one by one.
package enum SessionColumn: String, CaseIterable, Sendable {
  case id, source, provider, nativeId, title, status, nativeStatus, channel, modality
  case createdAt, updatedAt, startedAt, endedAt, durationMs
  case agentID = "agent.id"
  case agentName = "agent.name"
  case agentVersion = "agent.version"
  case agentModel = "agent.model"
  case participantID = "participant.id"
  case participantEmail = "participant.email"
  case participantPhone = "participant.phone"
  case workspaceId, conversationId, parentId, messageCount, costUsd, error, attributes, raw

  /// The top-level field that a column belongs to.
  package var field: SessionField {
    switch self {
    case .agentID, .agentName, .agentVersion, .agentModel: .agent
    case .participantID, .participantEmail, .participantPhone: .participant
    default: SessionField(rawValue: rawValue) ?? .id
    }
  }
}

/// What `SessionWriter.writeText` appended.
package enum SessionCell: Equatable, Sendable {
  case null, text, number
  /// An object as JSON text.
  case json
}

extension SessionWriter {
  /// Appends one value of `session` as plain text, neither quoted nor escaped; a time, number or
  /// object as in JSON, and nothing for null. The same permissions hold as for `write`.
  package func writeText(
    of column: SessionColumn, _ session: Session, of window: Window, to buffer: ByteBuffer
  ) -> SessionCell {
    switch column {
    case .id:
      buffer.append(rendering.sourceName + ":")
      buffer.append(window.nativeID(session))
    case .source: buffer.append(rendering.sourceName)
    case .provider: buffer.append(rendering.providerName)
    case .nativeId: buffer.append(window.nativeID(session))
    case .status: buffer.append(session.status.rawValue)
    case .channel: buffer.append(session.channel.rawValue)
    case .modality: buffer.append(session.modality.rawValue)
    case .createdAt: buffer.append(session.createdAt)
    case .updatedAt: return time(session.updatedAt, buffer)
    case .startedAt: return time(session.startedAt, buffer)
    case .endedAt: return time(session.endedAt, buffer)
    case .durationMs:
      guard let duration = session.durationMilliseconds else { return .null }
      buffer.append(decimal: duration)
      return .number
    case .parentId:
      guard session.parentID.isString else { return .null }
      buffer.append(rendering.sourceName + ":")
      buffer.append(textOf: session.parentID, in: window.storage.bytes)
    case .attributes:
      writeAttributes(session, of: window, to: buffer)
      return .json
    default: return token(self.token(of: column, session), window, buffer)
    }
    return .text
  }

  /// The token behind a column that has one; absent for the others, and for what is hidden.
  private func token(of column: SessionColumn, _ session: Session) -> JSONToken {
    switch column {
    case .title: session.title
    case .nativeStatus: session.nativeStatus
    case .agentID: session.agentID
    case .agentName: session.agentName
    case .agentVersion: session.agentVersion
    case .agentModel: session.agentModel
    case .participantID: session.participantID
    case .participantEmail: showsContact ? session.participantEmail : .absent
    case .participantPhone: showsContact ? session.participantPhone : .absent
    case .workspaceId: session.workspaceID
    case .conversationId: session.conversationID
    case .messageCount: session.messageCount
    case .costUsd: session.costUSD
    case .error: session.error
    case .raw: showsRaw ? session.raw : .absent
    default: .absent
    }
  }

  private func time(_ time: Timestamp?, _ buffer: ByteBuffer) -> SessionCell {
    guard let time else { return .null }
    buffer.append(time)
    return .text
  }

  private func token(_ token: JSONToken, _ window: Window, _ buffer: ByteBuffer) -> SessionCell {
    switch token.kind {
    case .absent, .null: return .null
    case .string, .escapedString:
      buffer.append(textOf: token, in: window.storage.bytes)
      return .text
    case .number, .true, .false:
      buffer.append(json: token, in: window.storage.bytes)
      return .number
    case .object, .array:
      buffer.append(json: token, in: window.storage.bytes)
      return .json
    }
  }
}
