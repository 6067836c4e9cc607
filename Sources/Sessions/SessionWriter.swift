package import Bytes
import JSON

/// Writes sessions of one source as JSON objects, field by field from the provider's own bytes.
package final class SessionWriter: Sendable {
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
    buffer.appendUnsafe(minimum: limit(session)) { space in
      guard let start = space.baseAddress else { return 0 }
      var output = ReservedBytes(at: start)
      write(session, window, &output)
      return output.end - start
    }
  }

  /// Bytes that no session's object exceeds: names, times and words take under 900, an escape at
  /// most triples a string's length and makes six bytes of one of the id's, which stands there twice.
  private func limit(_ session: Session) -> Int {
    var tokens = 0
    func count(_ token: JSONToken) { tokens += Int(token.length) }
    count(session.title)
    count(session.nativeStatus)
    count(session.agentID)
    count(session.agentName)
    count(session.agentVersion)
    count(session.agentModel)
    count(session.participantID)
    count(session.participantEmail)
    count(session.participantPhone)
    count(session.workspaceID)
    count(session.conversationID)
    count(session.parentID)
    count(session.messageCount)
    count(session.costUSD)
    count(session.error)
    for index in 0..<8 { count(session.attributes[index]) }
    let raw = showsRaw ? Int(session.raw.length) : 0
    return 1024 + rendering.fixedLength + 12 * session.nativeID.count + 3 * tokens + raw
  }

  private func write(_ session: Session, _ window: Window, _ output: inout ReservedBytes) {
    let bytes = window.storage.bytes
    output.append("{")
    output.append(rendering.idStart)
    let nativeID = output.appendEscaped(window.nativeID(session))
    output.append("\"")
    writeIdentity(nativeID, &output)
    writeState(session, bytes, &output)
    writeTimes(session, &output)
    writePeople(session, bytes, &output)
    writeRest(session, bytes, &output)
    output.append("}")
  }

  @inline(__always)
  private func writeIdentity(_ nativeID: UnsafeRawBufferPointer, _ output: inout ReservedBytes) {
    if fields.contains(.source) { output.append(rendering.source) }
    if fields.contains(.provider) { output.append(rendering.provider) }
    if fields.contains(.nativeId) {
      output.append(",\"nativeId\":\"")
      output.append(nativeID)
      output.append("\"")
    }
  }

  @inline(__always)
  private func writeState(
    _ session: Session, _ bytes: UnsafeRawBufferPointer, _ output: inout ReservedBytes
  ) {
    if fields.contains(.title) {
      output.append(",\"title\":")
      output.append(json: session.title, in: bytes)
    }
    if fields.contains(.status) { output.append(session.status.member) }
    if fields.contains(.nativeStatus) {
      output.append(",\"nativeStatus\":")
      output.append(json: session.nativeStatus, in: bytes)
    }
    if fields.contains(.channel) { output.append(session.channel.member) }
    if fields.contains(.modality) { output.append(session.modality.member) }
  }

  @inline(__always)
  private func writeTimes(_ session: Session, _ output: inout ReservedBytes) {
    if fields.contains(.createdAt) { write(session.createdAt, ",\"createdAt\":", &output) }
    if fields.contains(.updatedAt) { write(session.updatedAt, ",\"updatedAt\":", &output) }
    if fields.contains(.startedAt) { write(session.startedAt, ",\"startedAt\":", &output) }
    if fields.contains(.endedAt) { write(session.endedAt, ",\"endedAt\":", &output) }
    guard fields.contains(.durationMs) else { return }
    output.append(",\"durationMs\":")
    if let duration = session.durationMilliseconds {
      output.append(decimal: duration)
    } else {
      output.append("null")
    }
  }

  private func write(_ time: Timestamp?, _ name: StaticString, _ output: inout ReservedBytes) {
    output.append(name)
    guard let time else { return output.append("null") }
    output.append("\"")
    output.append(time)
    output.append("\"")
  }

  @inline(__always)
  private func writePeople(
    _ session: Session, _ bytes: UnsafeRawBufferPointer, _ output: inout ReservedBytes
  ) {
    if fields.contains(.agent) {
      output.append(",\"agent\":{\"id\":")
      output.append(json: session.agentID, in: bytes)
      output.append(",\"name\":")
      output.append(json: session.agentName, in: bytes)
      output.append(",\"version\":")
      let isNumber = session.agentVersion.kind == .number
      if isNumber { output.append("\"") }
      output.append(json: session.agentVersion, in: bytes)
      if isNumber { output.append("\"") }
      output.append(",\"model\":")
      output.append(json: session.agentModel, in: bytes)
      output.append("}")
    }
    guard fields.contains(.participant) else { return }
    output.append(",\"participant\":{\"id\":")
    output.append(json: session.participantID, in: bytes)
    output.append(",\"email\":")
    output.append(json: showsContact ? session.participantEmail : .absent, in: bytes)
    output.append(",\"phone\":")
    output.append(json: showsContact ? session.participantPhone : .absent, in: bytes)
    output.append("}")
  }

  @inline(__always)
  private func writeRest(
    _ session: Session, _ bytes: UnsafeRawBufferPointer, _ output: inout ReservedBytes
  ) {
    if fields.contains(.workspaceId) {
      output.append(",\"workspaceId\":")
      output.append(json: session.workspaceID, in: bytes)
    }
    if fields.contains(.conversationId) {
      output.append(",\"conversationId\":")
      output.append(json: session.conversationID, in: bytes)
    }
    if fields.contains(.parentId) {
      output.append(",\"parentId\":")
      writeParent(session, bytes, &output)
    }
    if fields.contains(.messageCount) {
      output.append(",\"messageCount\":")
      output.append(json: session.messageCount, in: bytes)
    }
    if fields.contains(.costUsd) {
      output.append(",\"costUsd\":")
      output.append(json: session.costUSD, in: bytes)
    }
    if fields.contains(.error) {
      output.append(",\"error\":")
      output.append(json: session.error, in: bytes)
    }
    if fields.contains(.attributes) {
      output.append(",\"attributes\":")
      writeAttributes(session, bytes, &output)
    }
    if fields.contains(.raw) {
      output.append(",\"raw\":")
      output.append(json: session.raw, in: bytes)
    }
  }

  private func writeParent(
    _ session: Session, _ bytes: UnsafeRawBufferPointer, _ output: inout ReservedBytes
  ) {
    guard session.parentID.isString else { return output.append("null") }
    output.append("\"")
    output.append(rendering.idPrefix)
    output.append(contentOf: session.parentID, in: bytes)
    output.append("\"")
  }

  /// Appends the attributes alone, as one object.
  func writeAttributes(_ session: Session, of window: Window, to buffer: ByteBuffer) {
    buffer.appendUnsafe(minimum: limit(session)) { space in
      guard let start = space.baseAddress else { return 0 }
      var output = ReservedBytes(at: start)
      writeAttributes(session, window.storage.bytes, &output)
      return output.end - start
    }
  }

  private func writeAttributes(
    _ session: Session, _ bytes: UnsafeRawBufferPointer, _ output: inout ReservedBytes
  ) {
    output.append("{")
    let names = rendering.attributeNames
    for index in names.indices {
      output.append(names[index])
      let isHidden = !showsContact && rendering.contactAttributes & 1 &<< UInt32(index) != 0
      output.append(json: isHidden ? .absent : session.attributes[index], in: bytes)
    }
    output.append("}")
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
