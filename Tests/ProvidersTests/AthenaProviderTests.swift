import Foundation
import Sessions
import Testing

@testable import Providers

@Suite struct AthenaProviderTests {
  private let provider = AthenaProvider()
  private let fixture = ProviderFixture(provider: AthenaProvider())

  private func query(_ filter: SessionFilter, _ order: SessionOrder = .newestFirst) -> String {
    provider.listTarget(WindowRequest(offset: 0, count: 500), order: order, filter: filter)
      .replacing("/api/v0/sessions?limit=500&offset=0&", with: "")
  }

  @Test func `sorts in all four orders`() {
    for (key, name) in [(SessionOrder.Key.createdAt, "created_at"), (.updatedAt, "updated_at")] {
      for (descending, direction) in [(true, "desc"), (false, "asc")] {
        let order = SessionOrder(key, descending: descending)
        #expect(query(SessionFilter(), order) == "sort_by=\(name)&sort_direction=\(direction)")
        #expect(provider.nativeOrder(for: order) == order)
      }
    }
  }

  @Test func `pushes down times and passed-on parameters`() {
    var filter = SessionFilter()
    filter.createdAfter = Timestamp("2026-05-01", .parameter)
    filter.createdBefore = Timestamp("2026-05-02T00:00:00.001+02:00", .parameter)
    filter.updatedAfter = Timestamp("2026-05-01", .parameter)
    filter.passedOn = [
      "athena.appId": "a b&c=d/é", "athena.includeSubSessions": "true",
      "athena.includeTaskSessions": "false", "anam.apiKeyId": "x",
    ]
    #expect(
      query(filter) == "sort_by=created_at&sort_direction=desc"
        + "&created_after=2026-05-01T00%3A00%3A00.000Z&created_before=2026-05-01T22%3A00%3A00.001Z"
        + "&app_id=a%20b%26c%3Dd%2F%C3%A9&include_sub_sessions=true&include_task_sessions=false")
  }

  @Test func `pushes down channels and modalities only when every one has a name there`() {
    var filter = SessionFilter()
    filter.channels = [.web, .slack, .sms, .email, .api, .phone]
    #expect(
      query(filter).hasSuffix(
        "&source_channel=web&source_channel=api&source_channel=agent_email"
          + "&source_channel=agent_slack&source_channel=agent_sms"))
    for channel in [SessionChannel.other, .unknown] {
      filter.channels = [.web, channel]
      #expect(!query(filter).contains("source_channel"))
    }
    filter.modalities = [.text, .video, .desktop, .mobile, .voice]
    #expect(
      query(filter).hasSuffix(
        "&session_type=session&session_type=video_session&session_type=desktop_session"
          + "&session_type=mobile_session"))
    filter.modalities = [.text, .unknown]
    #expect(!query(filter).contains("session_type"))
  }

  @Test func `never pushes down status or text`() {
    var filter = SessionFilter()
    filter.statuses = [.active]
    filter.text = "report"
    #expect(query(filter) == query(SessionFilter()))
  }

  @Test func `asks nothing for what it never has`() {
    var filter = SessionFilter()
    filter.channels = [.phone]
    #expect(!provider.canMatch(filter))
    filter.channels = [.phone, .unknown]
    #expect(provider.canMatch(filter))
    filter.modalities = [.voice]
    #expect(!provider.canMatch(filter))
  }

  @Test(arguments: [
    (#""run_status_v2":"scheduled""#, "pending"), (#""run_status_v2":"queued""#, "pending"),
    (#""run_status_v2":"running""#, "active"), (#""run_status_v2":"needs_input""#, "active"),
    (#""run_status_v2":"completed","session_status_v2":"error""#, "completed"),
    (#""run_status_v2":"failed""#, "failed"), (#""run_status_v2":"canceled""#, "canceled"),
    (#""run_status_v2":"cancelled""#, "canceled"), (#""run_status_v2":"idle""#, "unknown"),
    (#""run_status_v2":"new","session_status_v2":"idle""#, "unknown"),
    (#""run_status_v2":null,"session_status_v2":"active""#, "active"),
    (#""run_status_v2":7,"session_status_v2":"needs_input""#, "active"),
    (#""session_status_v2":"error","state":"completed""#, "failed"),
    (#""session_status_v2":"idle""#, "completed"),
    (#""session_status_v2":"busy","state":"failed""#, "unknown"),
    (#""state":"running""#, "active"), (#""state":"idle""#, "completed"),
    (#""state":"error""#, "failed"),
    (#""title":"x""#, "unknown"),
  ])
  func `status`(members: String, status: String) throws {
    let item = "{\"id\":\"x\",\"created_at\":\"2026-05-01T00:00:00Z\",\(members)}"
    let window = try fixture.window(Data("{\"items\":[\(item)],\"has_more\":false}".utf8))
    #expect(window.sessions[0].status.rawValue == status)
  }

  @Test func `numbers keep their spelling, and counts are integers`() throws {
    let window = try fixture.window(fixture.data("page.json"))
    let text = fixture.text(window)
    #expect(text.contains("\"costUsd\":0.012300,") && text.contains("\"costUsd\":1E-7,"))
    for count in ["1.0", "\"12\"", "1e1", "true"] {
      let item = "{\"id\":\"x\",\"created_at\":\"2026-05-01T00:00:00Z\",\"num_messages\":\(count)}"
      let odd = try fixture.window(Data("{\"items\":[\(item)],\"has_more\":false}".utf8))
      #expect(try fixture.normalized(odd)[0]["messageCount"] is NSNull)
    }
  }

  @Test func `the total is a lower bound, and has_more is needed`() throws {
    let window = try fixture.window(fixture.data("page.json"))
    #expect(window.total == Window.Total(value: 5, isExact: false))
    for envelope in [#""has_more":null"#, #""has_more":"false""#, #""total":3"#] {
      #expect(throws: PayloadError.self) {
        try fixture.window(Data("{\"items\":[],\(envelope)}".utf8))
      }
    }
  }
}
