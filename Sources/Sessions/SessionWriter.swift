package import Bytes
import JSON

/// Writes sessions of one source as JSON objects, field by field from the provider's own bytes.
package struct SessionWriter: Sendable {
  let rendering: SessionRendering
  /// What is written: what was asked for, and `raw` only when it was included.
  private let fields: SessionFields
  let showsContact: Bool
  var showsRaw: Bool { fields.contains(.raw) }

  /// - Parameters:
  ///   - fields: the top-level fields wanted.
  ///   - includesRaw: whether the provider's own object was asked for.
  ///   - showsContact: whether the caller may see what leads to a person; else it is null.
  package init(
    _ rendering: SessionRendering, fields: SessionFields = .all, includesRaw: Bool,
    showsContact: Bool
  ) {
    self.rendering = rendering
    self.fields = includesRaw ? fields : fields.removing(.raw)
    self.showsContact = showsContact
  }

  /// Appends `session`, which is one of `window`'s, as one object. `buffer` is not the window's.
  package func write(_ session: Session, of window: Window, to buffer: ByteBuffer) {
    let bytes = window.storage.bytes
    buffer.append("{")
    buffer.append(rendering.idStart.bytes)
    buffer.appendEscaped(window.nativeID(session))
    buffer.append("\"")
    writeIdentity(session, window, buffer)
    writeState(session, bytes, buffer)
    writeTimes(session, buffer)
    writePeople(session, bytes, buffer)
    writeRest(session, bytes, buffer)
    buffer.append("}")
  }

  @inline(__always)
  private func writeIdentity(_ session: Session, _ window: Window, _ buffer: ByteBuffer) {
    if fields.contains(.source) { buffer.append(rendering.source.bytes) }
    if fields.contains(.provider) { buffer.append(rendering.provider.bytes) }
    if fields.contains(.nativeId) {
      buffer.append(",\"nativeId\":")
      buffer.appendString(window.nativeID(session))
    }
  }

  @inline(__always)
  private func writeState(
    _ session: Session, _ bytes: UnsafeRawBufferPointer, _ buffer: ByteBuffer
  ) {
    if fields.contains(.title) {
      buffer.append(",\"title\":")
      buffer.append(json: session.title, in: bytes)
    }
    if fields.contains(.status) { buffer.append(session.status.member) }
    if fields.contains(.nativeStatus) {
      buffer.append(",\"nativeStatus\":")
      buffer.append(json: session.nativeStatus, in: bytes)
    }
    if fields.contains(.channel) { buffer.append(session.channel.member) }
    if fields.contains(.modality) { buffer.append(session.modality.member) }
  }

  @inline(__always)
  private func writeTimes(_ session: Session, _ buffer: ByteBuffer) {
    if fields.contains(.createdAt) { write(session.createdAt, ",\"createdAt\":", buffer) }
    if fields.contains(.updatedAt) { write(session.updatedAt, ",\"updatedAt\":", buffer) }
    if fields.contains(.startedAt) { write(session.startedAt, ",\"startedAt\":", buffer) }
    if fields.contains(.endedAt) { write(session.endedAt, ",\"endedAt\":", buffer) }
    guard fields.contains(.durationMs) else { return }
    buffer.append(",\"durationMs\":")
    if let duration = session.durationMilliseconds {
      buffer.append(decimal: duration)
    } else {
      buffer.appendNull()
    }
  }

  private func write(_ time: Timestamp?, _ name: StaticString, _ buffer: ByteBuffer) {
    buffer.append(name)
    guard let time else { return buffer.appendNull() }
    buffer.append("\"")
    buffer.append(time)
    buffer.append("\"")
  }

  @inline(__always)
  private func writePeople(
    _ session: Session, _ bytes: UnsafeRawBufferPointer, _ buffer: ByteBuffer
  ) {
    if fields.contains(.agent) {
      buffer.append(",\"agent\":{\"id\":")
      buffer.append(json: session.agentID, in: bytes)
      buffer.append(",\"name\":")
      buffer.append(json: session.agentName, in: bytes)
      buffer.append(",\"version\":")
      let isNumber = session.agentVersion.kind == .number
      if isNumber { buffer.append("\"") }
      buffer.append(json: session.agentVersion, in: bytes)
      if isNumber { buffer.append("\"") }
      buffer.append(",\"model\":")
      buffer.append(json: session.agentModel, in: bytes)
      buffer.append("}")
    }
    guard fields.contains(.participant) else { return }
    buffer.append(",\"participant\":{\"id\":")
    buffer.append(json: session.participantID, in: bytes)
    buffer.append(",\"email\":")
    buffer.append(json: showsContact ? session.participantEmail : .absent, in: bytes)
    buffer.append(",\"phone\":")
    buffer.append(json: showsContact ? session.participantPhone : .absent, in: bytes)
    buffer.append("}")
  }

  @inline(__always)
  private func writeRest(
    _ session: Session, _ bytes: UnsafeRawBufferPointer, _ buffer: ByteBuffer
  ) {
    if fields.contains(.workspaceId) {
      buffer.append(",\"workspaceId\":")
      buffer.append(json: session.workspaceID, in: bytes)
    }
    if fields.contains(.conversationId) {
      buffer.append(",\"conversationId\":")
      buffer.append(json: session.conversationID, in: bytes)
    }
    if fields.contains(.parentId) {
      buffer.append(",\"parentId\":")
      writeParent(session, bytes, buffer)
    }
    if fields.contains(.messageCount) {
      buffer.append(",\"messageCount\":")
      buffer.append(json: session.messageCount, in: bytes)
    }
    if fields.contains(.costUsd) {
      buffer.append(",\"costUsd\":")
      buffer.append(json: session.costUSD, in: bytes)
    }
    if fields.contains(.error) {
      buffer.append(",\"error\":")
      buffer.append(json: session.error, in: bytes)
    }
    if fields.contains(.attributes) {
      buffer.append(",\"attributes\":")
      writeAttributes(session, bytes, buffer)
    }
    if fields.contains(.raw) {
      buffer.append(",\"raw\":")
      buffer.append(json: session.raw, in: bytes)
    }
  }

  private func writeParent(
    _ session: Session, _ bytes: UnsafeRawBufferPointer, _ buffer: ByteBuffer
  ) {
    guard session.parentID.isString else { return buffer.appendNull() }
    buffer.append("\"")
    buffer.append(rendering.idPrefix.bytes)
    buffer.append(contentOf: session.parentID, in: bytes)
    buffer.append("\"")
  }

  func writeAttributes(
    _ session: Session, _ bytes: UnsafeRawBufferPointer, _ buffer: ByteBuffer
  ) {
    buffer.append("{")
    for index in rendering.attributeNames.indices {
      buffer.append(rendering.attributeNames[index].bytes)
      let isHidden = !showsContact && rendering.contactAttributes & 1 &<< UInt32(index) != 0
      buffer.append(json: isHidden ? .absent : session.attributes[index], in: bytes)
    }
    buffer.append("}")
  }
}

extension SessionStatus {
  fileprivate var member: StaticString {
    switch self {
    case .pending: ",\"status\":\"pending\""
    case .active: ",\"status\":\"active\""
    case .completed: ",\"status\":\"completed\""
    case .failed: ",\"status\":\"failed\""
    case .canceled: ",\"status\":\"canceled\""
    case .unknown: ",\"status\":\"unknown\""
    }
  }
}

extension SessionChannel {
  fileprivate var member: StaticString {
    switch self {
    case .phone: ",\"channel\":\"phone\""
    case .web: ",\"channel\":\"web\""
    case .api: ",\"channel\":\"api\""
    case .email: ",\"channel\":\"email\""
    case .slack: ",\"channel\":\"slack\""
    case .sms: ",\"channel\":\"sms\""
    case .other: ",\"channel\":\"other\""
    case .unknown: ",\"channel\":\"unknown\""
    }
  }
}

extension SessionModality {
  fileprivate var member: StaticString {
    switch self {
    case .voice: ",\"modality\":\"voice\""
    case .video: ",\"modality\":\"video\""
    case .text: ",\"modality\":\"text\""
    case .desktop: ",\"modality\":\"desktop\""
    case .mobile: ",\"modality\":\"mobile\""
    case .unknown: ",\"modality\":\"unknown\""
    }
  }
}
