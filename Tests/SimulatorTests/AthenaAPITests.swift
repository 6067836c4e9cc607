import HTTP
import Testing

@testable import Simulator

/// From the page "List sessions" of Athena and what its notes add.
struct AthenaAPITests {
  private let client = ServiceClient(.athena, .still(sessions: 1_200))
  private let everything = "include_sub_sessions=true&include_task_sessions=true"

  /// Every row in the order of `parameters`, read in pages.
  private func all(_ parameters: String) throws -> [[String: Any]] {
    var rows: [[String: Any]] = []
    while true {
      let target = "/api/v0/sessions?limit=500&offset=\(rows.count)&\(parameters)"
      let page = try client.object(target)
      rows += try #require(page["items"] as? [[String: Any]])
      guard let next = page["next_offset"] as? Int else { return rows }
      #expect(next == rows.count)
    }
  }

  @Test func `the default page is the 50 last updated, without sub-sessions and tasks`() throws {
    let page = try client.object("/api/v0/sessions")
    #expect(page["limit"] as? Int == 50)
    #expect(page["offset"] as? Int == 0)
    #expect(page["has_more"] as? Bool == true)
    #expect(page["next_offset"] as? Int == 50)
    #expect(page["total"] as? Int == 51)
    let visible = client.service.rows().filter { !$0.isSubSession && !$0.isTask }
    let newest = visible.sorted { $0.updatedAt > $1.updatedAt }.prefix(50)
    let times = try client.rows("/api/v0/sessions").map { milliseconds($0["updated_at"]) }
    #expect(times == newest.map(\.updatedAt.milliseconds))
  }

  @Test func `total is what was paged so far and one if there is more`() throws {
    let count = client.service.rows().filter { !$0.isSubSession && !$0.isTask }.count
    let middle = try client.object("/api/v0/sessions?offset=100&limit=10")
    #expect(middle["total"] as? Int == 111)
    let last = try client.object("/api/v0/sessions?offset=\(count - 10)&limit=10")
    #expect(last["total"] as? Int == count)
    #expect(last["has_more"] as? Bool == false)
    #expect(last["next_offset"] is Int == false)
    let beyond = try client.object("/api/v0/sessions?offset=5000")
    #expect((beyond["items"] as? [Any])?.count == 0)
    #expect(beyond["has_more"] as? Bool == false)
  }

  @Test func `both flags add what they name`() throws {
    let rows = client.service.rows()
    #expect(try all("").count == rows.filter { !$0.isSubSession && !$0.isTask }.count)
    #expect(try all("include_sub_sessions=1").count == rows.filter { !$0.isTask }.count)
    #expect(
      try all("include_task_sessions=True").count == rows.filter { !$0.isSubSession }.count)
    #expect(try all(everything).count == rows.count)
  }

  @Test(arguments: ["created_at", "updated_at", "title"], ["asc", "desc"])
  func `every sort gives the same rows in its order`(key: String, direction: String) throws {
    let rows = try all("\(everything)&sort_by=\(key)&sort_direction=\(direction)")
    #expect(Set(rows.compactMap { $0["id"] as? String }).count == 1_200)
    let keys = rows.map { $0[key] as? String ?? "" }
      .map { key == "title" ? $0 : String($0.prefix(26)) }
    #expect(keys == (direction == "asc" ? keys.sorted() : keys.sorted(by: >)))
  }

  @Test func `created_after and created_before are inclusive to the microsecond`() throws {
    let rows = try all("\(everything)&sort_by=created_at")
    let newer = try #require(rows[100]["created_at"] as? String)
    let older = try #require(rows[200]["created_at"] as? String)
    let times = try rows.map { try #require(WallTime(iso: $0["created_at"] as? String ?? "")) }
    let expected = times.filter { $0 <= times[100] && $0 >= times[200] }.count
    let range = "created_after=\(encoded(older))&created_before=\(encoded(newer))"
    #expect(try all("\(everything)&sort_by=created_at&\(range)").count == expected)
    #expect(
      try all("\(everything)&sort_by=created_at&sort_direction=asc&\(range)").count == expected)
    #expect(try all("\(everything)&sort_by=updated_at&\(range)").count == expected)
    let swapped = "created_after=\(encoded(newer))&created_before=\(encoded(older))"
    #expect(try all("\(everything)&\(swapped)").isEmpty)
  }

  private func encoded(_ text: String) -> String { PercentCoding.encode(text) }

  @Test func `list filters take repeats and commas`() throws {
    let rows = try all(everything)
    for (parameter, member, values) in [
      ("source_channel", "source_channel", ["agent_email", "agent_sms"]),
      ("session_type", "session_type", ["video_session", "mobile_session"]),
      ("state", "state", ["failed", "canceled"]),
    ] {
      // A row of few fields has no state to show, and yet is in one.
      let expected = rows.filter { values.contains($0[member] as? String ?? "") }.count
      let joined = try all("\(everything)&\(parameter)=\(values.joined(separator: ","))")
      let repeated = try all(
        "\(everything)&\(parameter)=\(values[0])&\(parameter)=\(values[1])")
      #expect(joined.count == repeated.count)
      #expect(joined.filter { $0[member] is String }.count == expected)
      #expect(expected > 20)
    }
  }

  @Test func `app_id and query filter`() throws {
    let rows = try all(everything)
    let ofApplication = try all("\(everything)&app_id=deal-room")
    #expect(ofApplication.count == rows.filter { $0["app_id"] as? String == "deal-room" }.count)
    let found = try all("\(everything)&query=REFUND")
    #expect(
      found.count
        == rows.filter { ($0["title"] as? String)?.lowercased().contains("refund") == true }.count)
    #expect(ofApplication.count > 20 && found.count > 5)
  }

  @Test func `state=running finds only what was updated within twelve hours`() throws {
    let running = try all(everything).filter { $0["state"] as? String == "running" }
    let found = try all("\(everything)&state=running")
    let horizon = client.clock.now.milliseconds - 12 * 3_600_000
    #expect(found.allSatisfy { milliseconds($0["updated_at"])! >= horizon })
    // Sessions that hang since days are running, and not found.
    #expect(running.count > found.count)
  }

  @Test(arguments: [
    "limit=0", "limit=501", "limit=x", "offset=-1", "sort_by=id", "sort_direction=up",
    "include_sub_sessions=maybe", "created_after=yesterday", "created_before=2026-02-30",
  ])
  func `a bad parameter is a 422 that says where`(query: String) throws {
    let answer = try client.object("/api/v0/sessions?\(query)", status: 422)
    let detail = try #require((answer["detail"] as? [[String: Any]])?.first)
    #expect(detail["loc"] as? [String] == ["query", String(query.prefix { $0 != "=" })])
  }

  @Test func `both forms of credential are taken, and no other`() {
    let key = ServiceClient.key
    #expect(client.response("/api/v0/sessions", fields: Fields([("X-API-KEY", key)])).status == 200)
    #expect(
      client.response("/api/v0/sessions", fields: Fields([("Authorization", "Bearer \(key)")]))
        .status == 200)
    #expect(client.response("/api/v0/sessions", fields: Fields([("X-API-KEY", "x")])).status == 401)
    #expect(client.response("/api/v0/sessions", fields: Fields()).status == 401)
    #expect(client.response("/api/v0/sessions", method: "DELETE").status == 405)
  }

  @Test func `an item is found whatever the list leaves out`() throws {
    let hidden = try #require(client.service.rows().first { $0.isSubSession })
    let item = try client.object("/api/v0/sessions/\(hidden.id)")
    #expect(item["id"] as? String == hidden.id)
    _ = try client.object("/api/v0/sessions/asset_unknown", status: 404)
  }

  @Test func `rows carry all fields, older and sparse ones only some`() throws {
    let always: Set = ["id", "thread_id", "created_at", "updated_at"]
    let known = Set(
      """
      id title thread_id created_at updated_at created_by_id workspace_id app_id agent \
      collab_agent_id model state session_status_v2 run_status_v2 failure_reason_v2 session_type \
      source_channel trigger_type num_messages total_cost_usd last_message_preview is_sub_session \
      parent_session_id is_unread aop_asset_id aop_execution_succeeded aop_execution_error
      """.split(separator: " ").map(String.init))
    var seen: Set<String> = []
    for row in try all(everything) {
      #expect(always.isSubset(of: row.keys))
      #expect(Set(row.keys).isSubset(of: known))
      seen.formUnion(row.keys)
    }
    #expect(seen == known)
    #expect(try all(everything).contains { $0.count == 5 })
  }
}
