package import Bytes
import JSON
package import Sessions

/// Anam: video personas. Pages are numbered from 1 and come with an exact total.
package struct AnamProvider: SessionProvider {
  package let name = "anam"
  package let defaultBaseURL = "https://api.anam.ai"
  package let windows = WindowLimits(maximum: 100, addressing: .page)
  package let attributes = ["engineHost", "engineProtocol", "engineVersion", "apiKeyId"]
  package let contactAttributes: Set<String> = []
  package let pushedDown = ["agentId", "anam.apiKeyId"]
  package let parameters = [PassedOnParameter(name: "apiKeyId", kind: .uuid)]
  private let mapping = ItemMapping<Slot>(
    list: "data", envelope: Envelope.allCases.map(\.path), id: .id, createdAt: .createdAt,
    updatedAt: .updatedAt,
    path: \.path)

  package init() {}

  /// Newest first: documented nowhere, and verified while reading.
  package func nativeOrder(for order: SessionOrder) -> SessionOrder? {
    order.key == .createdAt ? .newestFirst : nil
  }

  package func credential(_ key: String) -> (name: String, value: String) {
    ("authorization", "Bearer \(key)")
  }

  /// Personas are named by UUID, nobody is named as a participant, and every session is video.
  package func canMatch(_ filter: SessionFilter) -> Bool {
    if let agentID = filter.agentID, !agentID.isUUID { return false }
    return filter.participantID == nil
      && filter.statuses.allows(anyOf: [.active, .completed, .failed])
      && filter.channels.allows(anyOf: [.unknown])
      && filter.modalities.allows(anyOf: [.video])
  }

  /// `search` is never used: it looks at ids and labels in its own way.
  package func listTarget(
    _ window: WindowRequest, order: SessionOrder, filter: SessionFilter
  ) -> String {
    var target = RequestTarget("/v1/sessions")
    target.add("page", window.offset / max(1, window.count) + 1)
    target.add("perPage", window.count)
    if let agentID = filter.agentID, agentID.isUUID { target.add("personaId", agentID) }
    if let apiKeyID = filter.passedOn["anam.apiKeyId"] { target.add("apiKeyId", apiKeyID) }
    return target.text
  }

  package func window(
    from body: ByteBuffer, answering request: WindowRequest
  ) throws(PayloadError) -> Window {
    let table = try mapping.list(body)
    let end = try end(table, body)
    let total = integer(.total, table, body).map { Window.Total(value: $0, isExact: true) }
    return mapping.window(
      table, body, answering: request, end: end,
      total: total,
      complete: complete)
  }

  /// The last page is the one numbered `lastPage`; should the numbers be missing, one without `next`.
  private func end(_ table: JSONTable, _ body: ByteBuffer) throws(PayloadError) -> Window.ListEnd {
    if let current = integer(.currentPage, table, body), let last = integer(.lastPage, table, body)
    {
      return current >= last ? .here : .further
    }
    switch table.envelope(Envelope.next.rawValue).kind {
    case .null: return .here
    case .number: return .further
    default: throw PayloadError("meta does not say whether there are more pages")
    }
  }

  /// A count of the envelope; nil when it is missing or none.
  private func integer(_ slot: Envelope, _ table: JSONTable, _ body: ByteBuffer) -> Int? {
    guard let value = JSONText.integer(of: table.envelope(slot.rawValue), in: body.bytes),
      value >= 0
    else { return nil }
    return Int(value)
  }

  package func itemTarget(nativeID: String) -> String {
    RequestTarget("/v1/sessions", segment: nativeID).text
  }

  package func item(from body: ByteBuffer) throws(PayloadError) -> Window {
    try mapping.item(body, complete: complete)
  }

  // MARK: Mapping

  private func complete(_ session: inout Session, _ row: ItemRow<Slot>) {
    session.startedAt = row.time(.startTime)
    session.endedAt = row.time(.endTime)
    session.takeDurationFromTimes()
    if let length = row.milliseconds(.sessionLength) { session.durationMilliseconds = length }
    session.title = row.string(.clientLabel)
    session.nativeStatus = row.string(.exitStatus)
    session.status = status(session, row)
    if session.status == .failed { session.error = session.nativeStatus }
    session.modality = .video
    session.agentID = row.string(.personaID)
    session.agentName = row.string(.personaName)
    session.agentModel = row.string(.modelName)
    session.workspaceID = row.string(.organizationID)
    session.attributes[0] = row.string(.engineHost)
    session.attributes[1] = row.string(.engineProtocol)
    session.attributes[2] = row.string(.engineVersion)
    session.attributes[3] = row.string(.apiKeyID)
  }

  /// Anam lists no values of `exitStatus`: what sounds like a failure is one.
  private func status(_ session: Session, _ row: ItemRow<Slot>) -> SessionStatus {
    let exit = session.nativeStatus
    if !exit.isText { return session.endedAt == nil ? .active : .completed }
    let failed =
      JSONText.contains(exit, in: row.source, ignoringCase: "error")
      || JSONText.contains(exit, in: row.source, ignoringCase: "fail")
    return failed ? .failed : .completed
  }

  private enum Envelope: Int, CaseIterable {
    case total, lastPage, currentPage, next

    var path: String { "meta.\(self)" }
  }

  private enum Slot: Int, CaseIterable, Sendable {
    case id, createdAt, updatedAt, startTime, endTime, sessionLength, clientLabel, exitStatus
    case personaID, personaName, modelName, organizationID
    case engineHost, engineProtocol, engineVersion, apiKeyID

    var path: String {
      switch self {
      case .id: "id"
      case .createdAt: "createdAt"
      case .updatedAt: "updatedAt"
      case .startTime: "startTime"
      case .endTime: "endTime"
      case .sessionLength: "sessionLengthMs"
      case .clientLabel: "clientLabel"
      case .exitStatus: "exitStatus"
      case .personaID: "personaId"
      case .personaName: "personaConfig.name"
      case .modelName: "personaConfig.llmConfig.modelName"
      case .organizationID: "organizationId"
      case .engineHost: "engineHost"
      case .engineProtocol: "engineProtocol"
      case .engineVersion: "engineVersion"
      case .apiKeyID: "apiKeyId"
      }
    }
  }
}
