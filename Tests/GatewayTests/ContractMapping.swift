import Foundation
import Glibc

/// What each field holds, written down a second time and as plainly as possible: from a
/// provider's object to the gateway's session.
struct ContractMapping {
  let source: String
  let provider: String

  static let fieldNames = [
    "id", "source", "provider", "nativeId", "title", "status", "nativeStatus", "channel",
    "modality", "createdAt", "updatedAt", "startedAt", "endedAt", "durationMs", "agent",
    "participant", "workspaceId", "conversationId", "parentId", "messageCount", "costUsd", "error",
    "attributes",
  ]

  func session(_ item: [String: Any]) -> [String: Any] {
    let item = Item(value: item)
    var fields: [String: Any?] =
      switch provider {
      case "alcamine": alcamine(item)
      case "anam": anam(item)
      default: athena(item)
      }
    let id = item.text("id") ?? ""
    fields["id"] = "\(source):\(id)"
    fields["source"] = source
    fields["provider"] = provider
    fields["nativeId"] = id
    return fields.mapValues { $0 ?? NSNull() }
  }

  // MARK: Alcamine

  private func alcamine(_ item: Item) -> [String: Any?] {
    let statuses = ["PENDING": "pending", "IN_PROGRESS": "active", "COMPLETED": "completed"]
    let channels = ["INBOUND_CALL": "phone", "WEB_VOICE": "web"]
    let started = item.time("startedAt")
    let ended = item.time("endedAt") ?? item.time("completedAt")
    return [
      "title": item.text("name"),
      "status": item.text("status").flatMap { statuses[$0] } ?? "unknown",
      "nativeStatus": item.text("status"),
      "channel": item.text("type").map { channels[$0] ?? "other" } ?? "unknown",
      "modality": "voice",
      "createdAt": item.time("createdAt"),
      "updatedAt": item.time("updatedAt"),
      "startedAt": started,
      "endedAt": ended,
      "durationMs": duration(started, ended),
      "agent": object([
        "id": item.text("agentId"), "name": item.text("agent", "name"),
        "version": item.integer("agent", "version", "version").map { String($0) },
        "model": item.text("agent", "version", "config", "llm", "model"),
      ]),
      "participant": object([
        "id": item.text("personId"), "email": item.text("person", "email"),
        "phone": item.text("person", "phone"),
      ]),
      "workspaceId": item.text("workspaceId"),
      "conversationId": item.text("conversationId"),
      "parentId": nil, "messageCount": nil, "costUsd": nil, "error": nil,
      "attributes": object([
        "recordAudio": item["recordAudio"], "isDemo": item["isDemo"],
        "agentVersionId": item["agentVersionId"], "ledgerAmount": item["ledger", "amount"],
        "ledgerReason": item["ledger", "reason"], "traceId": item["completedMeta", "traceId"],
      ]),
    ]
  }

  // MARK: Anam

  private func anam(_ item: Item) -> [String: Any?] {
    let exit = item.text("exitStatus")
    let started = item.time("startTime")
    let ended = item.time("endTime")
    let failed = exit.map { $0.uppercased().contains("ERROR") || $0.uppercased().contains("FAIL") }
    let status =
      exit == nil && ended == nil ? "active" : failed == true ? "failed" : "completed"
    return [
      "title": item.text("clientLabel"),
      "status": status,
      "nativeStatus": exit,
      "channel": "unknown",
      "modality": "video",
      "createdAt": item.time("createdAt"),
      "updatedAt": item.time("updatedAt"),
      "startedAt": started,
      "endedAt": ended,
      "durationMs": item.integer("sessionLengthMs") ?? duration(started, ended),
      "agent": object([
        "id": item.text("personaId"), "name": item.text("personaConfig", "name"), "version": nil,
        "model": item.text("personaConfig", "llmConfig", "modelName"),
      ]),
      "participant": object(["id": nil, "email": nil, "phone": nil]),
      "workspaceId": item.text("organizationId"),
      "conversationId": nil, "parentId": nil, "messageCount": nil, "costUsd": nil,
      "error": status == "failed" ? exit : nil,
      "attributes": object([
        "engineHost": item["engineHost"], "engineProtocol": item["engineProtocol"],
        "engineVersion": item["engineVersion"], "apiKeyId": item["apiKeyId"],
      ]),
    ]
  }

  // MARK: Athena

  private func athena(_ item: Item) -> [String: Any?] {
    let (status, nativeStatus) = athenaStatus(item)
    let channels = [
      "web": "web", "api": "api", "agent_email": "email", "agent_slack": "slack",
      "agent_sms": "sms",
    ]
    let modalities = [
      "session": "text", "video_session": "video", "desktop_session": "desktop",
      "mobile_session": "mobile",
    ]
    return [
      "title": item.text("title"),
      "status": status,
      "nativeStatus": nativeStatus,
      "channel": item.text("source_channel").map { channels[$0] ?? "other" } ?? "unknown",
      "modality": item.text("session_type").flatMap { modalities[$0] } ?? "unknown",
      "createdAt": item.time("created_at"),
      "updatedAt": item.time("updated_at"),
      "startedAt": nil, "endedAt": nil, "durationMs": nil,
      "agent": object([
        "id": item.text("collab_agent_id"), "name": item.text("agent"), "version": nil,
        "model": item.text("model"),
      ]),
      "participant": object(["id": item.text("created_by_id"), "email": nil, "phone": nil]),
      "workspaceId": item.text("workspace_id"),
      "conversationId": item.text("thread_id"),
      "parentId": item.text("parent_session_id").map { "\(source):\($0)" },
      "messageCount": item.integer("num_messages"),
      "costUsd": item["total_cost_usd"],
      "error": item.text("failure_reason_v2") ?? item.text("aop_execution_error"),
      "attributes": object([
        "appId": item["app_id"], "sessionType": item["session_type"],
        "sourceChannel": item["source_channel"], "triggerType": item["trigger_type"],
        "aopAssetId": item["aop_asset_id"], "isSubSession": item["is_sub_session"],
        "lastMessagePreview": item["last_message_preview"],
      ]),
    ]
  }

  private func athenaStatus(_ item: Item) -> (status: String, nativeStatus: String?) {
    let run = [
      "scheduled": "pending", "queued": "pending", "running": "active", "needs_input": "active",
      "completed": "completed", "failed": "failed", "canceled": "canceled",
      "cancelled": "canceled",
    ]
    let session = [
      "active": "active", "needs_input": "active", "error": "failed", "idle": "completed",
    ]
    if let value = item.text("run_status_v2") { return (run[value] ?? "unknown", value) }
    if let value = item.text("session_status_v2") { return (session[value] ?? "unknown", value) }
    if let value = item.text("state") {
      return (run[value] ?? session[value] ?? "unknown", value)
    }
    return ("unknown", nil)
  }

  // MARK: Values

  private func object(_ members: [String: Any?]) -> [String: Any] {
    members.mapValues { $0 ?? NSNull() }
  }

  private func duration(_ start: String?, _ end: String?) -> Int? {
    guard let start, let end else { return nil }
    return milliseconds(end) - milliseconds(start)
  }
}

/// An upstream object, asked by path; null counts as absent.
private struct Item {
  let value: Any

  subscript(_ path: String...) -> Any? { at(path) }
  func text(_ path: String...) -> String? { at(path) as? String }
  func integer(_ path: String...) -> Int? { at(path) as? Int }

  /// The time to the millisecond in UTC. All upstream times of these tests are in UTC and have at
  /// least three decimals, so that cutting the text is enough.
  func time(_ name: String) -> String? {
    guard let text = text(name), text.hasSuffix("Z") || text.hasSuffix("+00:00") else {
      return nil
    }
    return text.prefix(23) + "Z"
  }

  private func at(_ path: [String]) -> Any? {
    var value: Any? = value
    for name in path { value = (value as? [String: Any])?[name] }
    return value is NSNull ? nil : value
  }
}

/// Milliseconds since 1970 of `2026-04-20T09:00:00.000Z`.
func milliseconds(_ time: String) -> Int {
  let parts = time.split { !$0.isNumber }.compactMap { Int32($0) }
  guard parts.count == 7 else { return 0 }
  var calendar = tm()
  (calendar.tm_year, calendar.tm_mon, calendar.tm_mday) = (parts[0] - 1900, parts[1] - 1, parts[2])
  (calendar.tm_hour, calendar.tm_min, calendar.tm_sec) = (parts[3], parts[4], parts[5])
  return timegm(&calendar) * 1_000 + Int(parts[6])
}

/// The other way round.
func timeText(milliseconds: Int) -> String {
  var seconds = milliseconds / 1_000
  var calendar = tm()
  gmtime_r(&seconds, &calendar)
  return String(
    format: "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", calendar.tm_year + 1900, calendar.tm_mon + 1,
    calendar.tm_mday, calendar.tm_hour, calendar.tm_min, calendar.tm_sec, milliseconds % 1_000)
}
