package import Bytes
import JSON
package import Sessions

/// Athena Intelligence: agent sessions. Sorts and filters by itself, leaves out sub-sessions and
/// workflow runs unless asked for them, and gives a lower bound as its total.
package struct AthenaProvider: SessionProvider {
  package let name = "athena"
  package let defaultBaseURL = "https://api.athenaintel.com"
  package let windows = WindowLimits(maximum: 500, addressing: .offset)
  package let attributes = [
    "appId", "sessionType", "sourceChannel", "triggerType", "aopAssetId", "isSubSession",
    "lastMessagePreview",
  ]
  package let contactAttributes: Set<String> = ["lastMessagePreview"]
  package let pushedDown = [
    "createdAfter", "createdBefore", "channel", "modality", "athena.appId",
    "athena.includeSubSessions", "athena.includeTaskSessions",
  ]
  package let parameters = [
    PassedOnParameter(name: "includeSubSessions", kind: .boolean),
    PassedOnParameter(name: "includeTaskSessions", kind: .boolean),
    PassedOnParameter(name: "appId", kind: .text),
  ]
  private let mapping = ItemMapping<Slot>(
    list: "items", envelope: Envelope.allCases.map(\.path), id: .id, createdAt: .createdAt,
    updatedAt: .updatedAt,
    path: \.path)

  package init() {}

  package func nativeOrder(for order: SessionOrder) -> SessionOrder? { order }

  package func credential(_ key: String) -> (name: String, value: String) {
    ("x-api-key", key)
  }

  package func canMatch(_ filter: SessionFilter) -> Bool {
    filter.channels.allows(anyOf: [.web, .api, .email, .slack, .sms, .other, .unknown])
      && filter.modalities.allows(anyOf: [.text, .video, .desktop, .mobile, .unknown])
  }

  /// `state` and `query` are never used: `state=running` leaves out what was not updated in the last
  /// 12 hours, and `query` looks at titles alone. `created_before` is inclusive here.
  package func listTarget(
    _ window: WindowRequest, order: SessionOrder, filter: SessionFilter
  ) -> String {
    var target = RequestTarget("/api/v0/sessions")
    target.add("limit", window.count)
    target.add("offset", window.offset)
    target.add("sort_by", order.key == .createdAt ? "created_at" : "updated_at")
    target.add("sort_direction", order.descending ? "desc" : "asc")
    if let time = filter.createdAfter { target.add("created_after", time.text) }
    if let time = filter.createdBefore { target.add("created_before", time.text) }
    for channel in sourceChannels(filter.channels) { target.add("source_channel", channel) }
    for type in sessionTypes(filter.modalities) { target.add("session_type", type) }
    if let value = filter.passedOn["athena.appId"] { target.add("app_id", value) }
    if let value = filter.passedOn["athena.includeSubSessions"] {
      target.add("include_sub_sessions", value)
    }
    if let value = filter.passedOn["athena.includeTaskSessions"] {
      target.add("include_task_sessions", value)
    }
    return target.text
  }

  /// The native names of the wanted channels; none when one that has no name of its own is wanted.
  private func sourceChannels(_ wanted: Set<SessionChannel>) -> [String] {
    if wanted.isEmpty || wanted.contains(.other) || wanted.contains(.unknown) { return [] }
    let names: [(SessionChannel, String)] = [
      (.web, "web"), (.api, "api"), (.email, "agent_email"), (.slack, "agent_slack"),
      (.sms, "agent_sms"),
    ]
    return names.filter { wanted.contains($0.0) }.map(\.1)
  }

  private func sessionTypes(_ wanted: Set<SessionModality>) -> [String] {
    if wanted.isEmpty || wanted.contains(.unknown) { return [] }
    let names: [(SessionModality, String)] = [
      (.text, "session"), (.video, "video_session"), (.desktop, "desktop_session"),
      (.mobile, "mobile_session"),
    ]
    return names.filter { wanted.contains($0.0) }.map(\.1)
  }

  package func window(
    from body: ByteBuffer, answering request: WindowRequest
  ) throws(PayloadError) -> Window {
    let table = try mapping.list(body)
    let end: Window.ListEnd
    switch table.envelope(Envelope.hasMore.rawValue).kind {
    case .true: end = .further
    case .false: end = .here
    default: throw PayloadError("has_more is not a boolean")
    }
    let total = JSONText.integer(of: table.envelope(Envelope.total.rawValue), in: body.bytes)
    return mapping.window(
      table, body, answering: request, end: end,
      total: total.flatMap { $0 < 0 ? nil : Window.Total(value: Int($0), isExact: false) },
      complete: complete)
  }

  package func itemTarget(nativeID: String) -> String {
    RequestTarget("/api/v0/sessions", segment: nativeID).text
  }

  package func item(from body: ByteBuffer) throws(PayloadError) -> Window {
    try mapping.item(body, complete: complete)
  }

  // MARK: Mapping

  private func complete(_ session: inout Session, _ row: ItemRow<Slot>) {
    session.title = row.string(.title)
    (session.status, session.nativeStatus) = status(row)
    session.channel = channel(row.string(.sourceChannel), row)
    session.modality = modality(row.string(.sessionType), row)
    session.agentID = row.string(.agentID)
    session.agentName = row.string(.agent)
    session.agentModel = row.string(.model)
    session.participantID = row.string(.createdByID)
    session.workspaceID = row.string(.workspaceID)
    session.conversationID = row.string(.threadID)
    session.parentID = row.string(.parentID)
    if session.parentID.length == 2 { session.parentID = .absent }
    session.messageCount = row.integer(.messageCount)
    session.costUSD = row.number(.costUSD)
    session.error = row.string(.failureReason)
    if !session.error.isPresent { session.error = row.string(.executionError) }
    session.attributes[0] = row.string(.appID)
    session.attributes[1] = row.string(.sessionType)
    session.attributes[2] = row.string(.sourceChannel)
    session.attributes[3] = row.string(.triggerType)
    session.attributes[4] = row.string(.assetID)
    session.attributes[5] = row.boolean(.isSubSession)
    session.attributes[6] = row.string(.lastMessagePreview)
  }

  /// The first of the three that is there decides, also with a word that is not known.
  private func status(_ row: ItemRow<Slot>) -> (SessionStatus, JSONToken) {
    let run = row.string(.runStatus)
    if run.isPresent { return (runStatus(run, row) ?? .unknown, run) }
    let session = row.string(.sessionStatus)
    if session.isPresent { return (sessionStatus(session, row) ?? .unknown, session) }
    let state = row.string(.state)
    return (runStatus(state, row) ?? sessionStatus(state, row) ?? .unknown, state)
  }

  private func runStatus(_ word: JSONToken, _ row: ItemRow<Slot>) -> SessionStatus? {
    if row.is(word, "completed") { return .completed }
    if row.is(word, "running") || row.is(word, "needs_input") { return .active }
    if row.is(word, "scheduled") || row.is(word, "queued") { return .pending }
    if row.is(word, "failed") { return .failed }
    if row.is(word, "canceled") || row.is(word, "cancelled") { return .canceled }
    return nil
  }

  private func sessionStatus(_ word: JSONToken, _ row: ItemRow<Slot>) -> SessionStatus? {
    if row.is(word, "idle") { return .completed }
    if row.is(word, "active") || row.is(word, "needs_input") { return .active }
    if row.is(word, "error") { return .failed }
    return nil
  }

  private func channel(_ word: JSONToken, _ row: ItemRow<Slot>) -> SessionChannel {
    if row.is(word, "web") { return .web }
    if row.is(word, "api") { return .api }
    if row.is(word, "agent_email") { return .email }
    if row.is(word, "agent_slack") { return .slack }
    if row.is(word, "agent_sms") { return .sms }
    return word.isPresent ? .other : .unknown
  }

  private func modality(_ word: JSONToken, _ row: ItemRow<Slot>) -> SessionModality {
    if row.is(word, "session") { return .text }
    if row.is(word, "video_session") { return .video }
    if row.is(word, "desktop_session") { return .desktop }
    if row.is(word, "mobile_session") { return .mobile }
    return .unknown
  }

  private enum Envelope: Int, CaseIterable {
    case hasMore, total

    var path: String { self == .hasMore ? "has_more" : "total" }
  }

  private enum Slot: Int, CaseIterable, Sendable {
    case id, createdAt, updatedAt, title, runStatus, sessionStatus, state, sourceChannel
    case sessionType, agentID, agent, model, createdByID, workspaceID, threadID, parentID
    case messageCount, costUSD, failureReason, executionError, appID, triggerType, assetID
    case isSubSession, lastMessagePreview

    var path: String {
      switch self {
      case .id: "id"
      case .createdAt: "created_at"
      case .updatedAt: "updated_at"
      case .title: "title"
      case .runStatus: "run_status_v2"
      case .sessionStatus: "session_status_v2"
      case .state: "state"
      case .sourceChannel: "source_channel"
      case .sessionType: "session_type"
      case .agentID: "collab_agent_id"
      case .agent: "agent"
      case .model: "model"
      case .createdByID: "created_by_id"
      case .workspaceID: "workspace_id"
      case .threadID: "thread_id"
      case .parentID: "parent_session_id"
      case .messageCount: "num_messages"
      case .costUSD: "total_cost_usd"
      case .failureReason: "failure_reason_v2"
      case .executionError: "aop_execution_error"
      case .appID: "app_id"
      case .triggerType: "trigger_type"
      case .assetID: "aop_asset_id"
      case .isSubSession: "is_sub_session"
      case .lastMessagePreview: "last_message_preview"
      }
    }
  }
}
