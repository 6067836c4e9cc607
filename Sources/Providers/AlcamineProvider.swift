package import Bytes
import JSON
package import Sessions

/// Alcamine: voice interviews. Its list is a bare array without a total or a "more" flag, and takes
/// no filters.
///
/// Its page says that `limit` and `offset` are in the path, which has no such variables: they are
/// query parameters.
package struct AlcamineProvider: SessionProvider {
  package let name = "alcamine"
  package let defaultBaseURL = "https://api.alcamine.com"
  package let windows = WindowLimits(maximum: 250, addressing: .offset)
  package let attributes = [
    "recordAudio", "isDemo", "agentVersionId", "ledgerAmount", "ledgerReason", "traceId",
  ]
  package let contactAttributes: Set<String> = []
  package let pushedDown: [String] = []
  package let parameters: [PassedOnParameter] = []
  private let mapping = ItemMapping<Slot>(
    list: nil, id: .id, createdAt: .createdAt, updatedAt: .updatedAt, path: \.path)

  package init() {}

  /// Newest first: documented nowhere, and verified while reading.
  package func nativeOrder(for order: SessionOrder) -> SessionOrder? {
    order.key == .createdAt ? .newestFirst : nil
  }

  package func credential(_ key: String) -> (name: String, value: String) {
    ("authorization", "Bearer \(key)")
  }

  package func canMatch(_ filter: SessionFilter) -> Bool {
    filter.statuses.allows(anyOf: [.pending, .active, .completed, .unknown])
      && filter.channels.allows(anyOf: [.phone, .web, .other, .unknown])
      && filter.modalities.allows(anyOf: [.voice])
  }

  package func listTarget(
    _ window: WindowRequest, order: SessionOrder, filter: SessionFilter
  ) -> String {
    var target = RequestTarget("/sessions")
    target.add("limit", window.count)
    target.add("offset", window.offset)
    return target.text
  }

  /// A page shorter than asked for is the last one.
  package func window(
    from body: ByteBuffer, answering request: WindowRequest
  ) throws(PayloadError) -> Window {
    let table = try mapping.list(body)
    return mapping.window(
      table, body, answering: request, end: table.rowCount < request.count ? .here : .further,
      total: nil, complete: complete)
  }

  package func itemTarget(nativeID: String) -> String {
    RequestTarget("/sessions", segment: nativeID).text
  }

  package func item(from body: ByteBuffer) throws(PayloadError) -> Window {
    try mapping.item(body, complete: complete)
  }

  // MARK: Mapping

  private func complete(_ session: inout Session, _ row: ItemRow<Slot>) {
    session.startedAt = row.time(.startedAt)
    session.endedAt = row.time(.endedAt) ?? row.time(.completedAt)
    session.takeDurationFromTimes()
    session.title = row.string(.name)
    session.nativeStatus = row.string(.status)
    session.status = status(session.nativeStatus, row)
    session.channel = channel(row.string(.type), row)
    session.modality = .voice
    session.agentID = row.string(.agentID)
    session.agentName = row.string(.agentName)
    session.agentVersion = row.token(.agentVersion)
    if !session.agentVersion.isString { session.agentVersion = row.number(.agentVersion) }
    session.agentModel = row.string(.agentModel)
    session.participantID = row.string(.personID)
    session.participantEmail = row.string(.personEmail)
    session.participantPhone = row.string(.personPhone)
    session.workspaceID = row.string(.workspaceID)
    session.conversationID = row.string(.conversationID)
    session.attributes[0] = row.boolean(.recordAudio)
    session.attributes[1] = row.boolean(.isDemo)
    session.attributes[2] = row.string(.agentVersionID)
    session.attributes[3] = row.number(.ledgerAmount)
    session.attributes[4] = row.string(.ledgerReason)
    session.attributes[5] = row.string(.traceID)
  }

  private func status(_ native: JSONToken, _ row: ItemRow<Slot>) -> SessionStatus {
    if row.is(native, "COMPLETED") { return .completed }
    if row.is(native, "IN_PROGRESS") { return .active }
    if row.is(native, "PENDING") { return .pending }
    return .unknown
  }

  private func channel(_ type: JSONToken, _ row: ItemRow<Slot>) -> SessionChannel {
    if row.is(type, "INBOUND_CALL") { return .phone }
    if row.is(type, "WEB_VOICE") { return .web }
    return type.isPresent ? .other : .unknown
  }

  private enum Slot: Int, CaseIterable, Sendable {
    case id, createdAt, updatedAt, startedAt, endedAt, completedAt, name, type, status
    case recordAudio, isDemo, agentID, agentVersionID, workspaceID, personID, conversationID
    case traceID, agentName, agentVersion, agentModel, personEmail, personPhone
    case ledgerAmount, ledgerReason

    var path: String {
      switch self {
      case .id: "id"
      case .createdAt: "createdAt"
      case .updatedAt: "updatedAt"
      case .startedAt: "startedAt"
      case .endedAt: "endedAt"
      case .completedAt: "completedAt"
      case .name: "name"
      case .type: "type"
      case .status: "status"
      case .recordAudio: "recordAudio"
      case .isDemo: "isDemo"
      case .agentID: "agentId"
      case .agentVersionID: "agentVersionId"
      case .workspaceID: "workspaceId"
      case .personID: "personId"
      case .conversationID: "conversationId"
      case .traceID: "completedMeta.traceId"
      case .agentName: "agent.name"
      case .agentVersion: "agent.version.version"
      case .agentModel: "agent.version.config.llm.model"
      case .personEmail: "person.email"
      case .personPhone: "person.phone"
      case .ledgerAmount: "ledger.amount"
      case .ledgerReason: "ledger.reason"
      }
    }
  }
}
