import Foundation
import Sessions
import Testing

@testable import Providers

@Suite struct AlcamineProviderTests {
  private let provider = AlcamineProvider()
  private let fixture = ProviderFixture(provider: AlcamineProvider())

  @Test func `a page shorter than asked for ends the list, whatever was rejected`() throws {
    let page = try fixture.data("page.json")
    #expect(try fixture.window(page, count: 3).end == .further)
    #expect(try fixture.window(page, offset: 7, count: 4).end == .here)
    #expect(try fixture.window(page, offset: 7, count: 4).offset == 7)
    #expect(try fixture.window(fixture.page([1, 2, 3]), count: 3).end == .further)
    #expect(try fixture.window(page).total == nil)
  }

  @Test func `nothing is pushed down`() {
    var filter = SessionFilter()
    filter.agentID = "a"
    filter.createdAfter = Timestamp(milliseconds: 0)
    filter.text = "x"
    let target = provider.listTarget(
      WindowRequest(offset: 0, count: 250), order: .newestFirst.reversed, filter: filter)
    #expect(target == "/sessions?limit=250&offset=0")
    #expect(provider.pushedDown.isEmpty)
  }

  @Test func `lists by creation time alone`() {
    #expect(provider.nativeOrder(for: .newestFirst) == .newestFirst)
    #expect(provider.nativeOrder(for: .newestFirst.reversed) == .newestFirst)
    #expect(provider.nativeOrder(for: SessionOrder(.updatedAt, descending: true)) == nil)
  }

  @Test func `asks nothing for what it never has`() {
    var filter = SessionFilter()
    #expect(provider.canMatch(filter))
    filter.channels = [.slack]
    #expect(!provider.canMatch(filter))
    filter.channels = [.slack, .other]
    #expect(provider.canMatch(filter))
    filter.modalities = [.video]
    #expect(!provider.canMatch(filter))
    filter.modalities = []
    filter.statuses = [.failed, .canceled]
    #expect(!provider.canMatch(filter))
  }

  @Test func `the end is endedAt, else completedAt, also when endedAt is no time`() throws {
    var item = try fixture.items()[0]
    item["endedAt"] = "never"
    let session = try fixture.normalized(fixture.window(fixture.page([item])))[0]
    #expect(session["endedAt"] as? String == "2026-03-01T10:15:30.000Z")
    #expect(session["durationMs"] as? Int == 900_000)
  }
}
