import Foundation
import Sessions
import Testing

@testable import Providers

@Suite struct AnamProviderTests {
  private let provider = AnamProvider()
  private let fixture = ProviderFixture(provider: AnamProvider())

  @Test func `reads the documented example`() throws {
    let window = try fixture.window(fixture.data("example.json"), count: 10)
    #expect(window.end == .here && window.sessions.count == 1)
    #expect(window.total == Window.Total(value: 1, isExact: true))
    let session = try fixture.normalized(window)[0]
    #expect(session["id"] as? String == "anam:00000000-0000-0000-0000-000000000000")
    #expect(session["durationMs"] as? Int == 754_000)
    #expect(session["status"] as? String == "completed")
    #expect(session["nativeStatus"] as? String == "CLOSED_BY_ENGINE")
  }

  @Test(
    arguments: [
      (nil, nil, "active"), ("2026-04-20T10:00:00Z", nil, "completed"),
      (nil, "NORMAL_EXIT", "completed"),
      ("2026-04-20T10:00:00Z", "ERROR", "failed"), (nil, "engine_Error_7", "failed"),
      (nil, "Failed", "failed"), (nil, "FAI", "completed"), (nil, "F\\u0041IL", "failed"),
      ("not a time", nil, "active"),
    ] as [(String?, String?, String)])
  func `status`(endTime: String?, exitStatus: String?, status: String) throws {
    let item = """
      {"id":"x","createdAt":"2026-04-20T09:00:00Z","endTime":\(quoted(endTime)),
      "exitStatus":\(quoted(exitStatus))}
      """
    let meta = "\"meta\":{\"currentPage\":1,\"lastPage\":1}"
    let window = try fixture.window(Data("{\"data\":[\(item)],\(meta)}".utf8))
    let session = try fixture.normalized(window)[0]
    #expect(session["status"] as? String == status)
    #expect((session["error"] is NSNull) == (status != "failed"))
  }

  private func quoted(_ text: String?) -> String { text.map { "\"\($0)\"" } ?? "null" }

  @Test(
    arguments: [
      (#"{"currentPage":1,"lastPage":2,"next":2}"#, false),
      (#"{"currentPage":2,"lastPage":2}"#, true),
      (#"{"currentPage":9,"lastPage":2,"next":null}"#, true),
      (#"{"currentPage":1,"lastPage":0}"#, true),
      (#"{"next":null}"#, true), (#"{"next":2}"#, false),
      (#"{"currentPage":1,"lastPage":"2","next":2}"#, false),
      (#"{}"#, nil), (#"{"next":"2"}"#, nil), (#"null"#, nil),
    ] as [(String, Bool?)])
  func `the end of the list`(meta: String, isLast: Bool?) throws {
    let data = Data("{\"data\":[],\"meta\":\(meta)}".utf8)
    if let isLast {
      #expect(try fixture.window(data).end == (isLast ? .here : .further))
    } else {
      #expect(throws: PayloadError.self) { try fixture.window(data) }
    }
  }

  @Test func `pages are numbered by their size`() throws {
    let target = provider.listTarget(
      WindowRequest(offset: 300, count: 100), order: .newestFirst, filter: SessionFilter())
    #expect(target == "/v1/sessions?page=4&perPage=100")
    #expect(try fixture.window(fixture.data("page.json"), offset: 6, count: 3).offset == 6)
  }

  @Test func `pushes down the persona and the key, and never a search`() {
    var filter = SessionFilter()
    filter.text = "chat"
    filter.agentID = "5E6d3a90-0f5f-4f53-93a6-1c8c1c4f0a11"
    filter.passedOn = [
      "anam.apiKeyId": "00000000-0000-0000-0000-000000000001", "athena.appId": "other",
    ]
    let target = provider.listTarget(
      WindowRequest(offset: 0, count: 50), order: .newestFirst, filter: filter)
    #expect(
      target == "/v1/sessions?page=1&perPage=50&personaId=5E6d3a90-0f5f-4f53-93a6-1c8c1c4f0a11"
        + "&apiKeyId=00000000-0000-0000-0000-000000000001")
    #expect(provider.canMatch(filter))
  }

  @Test(arguments: [
    "agent-1", "", "5e6d3a90-0f5f-4f53-93a6-1c8c1c4f0a1", "5e6d3a90x0f5f-4f53-93a6-1c8c1c4f0a11",
  ])
  func `an agent id that is no UUID matches nothing`(agentID: String) {
    var filter = SessionFilter()
    filter.agentID = agentID
    #expect(!provider.canMatch(filter))
    let target = provider.listTarget(
      WindowRequest(offset: 0, count: 50), order: .newestFirst, filter: filter)
    #expect(!target.contains("personaId"))
  }

  @Test func `a length that is no integer gives way to the times`() throws {
    for length in ["\"754\"", "1.5", "null", "1e3", "99999999999999999999"] {
      let item = """
        {"id":"x","createdAt":"2026-04-20T09:00:00Z","startTime":"2026-04-20T09:00:00Z",
        "endTime":"2026-04-20T09:00:01.5Z","sessionLengthMs":\(length)}
        """
      let meta = "\"meta\":{\"currentPage\":1,\"lastPage\":1,\"total\":-1}"
      let window = try fixture.window(Data("{\"data\":[\(item)],\(meta)}".utf8))
      #expect(window.sessions[0].durationMilliseconds == 1500)
      #expect(window.total == nil)
    }
  }
}
