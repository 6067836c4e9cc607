import Foundation
import Simulator
import Testing

@Suite struct FieldMappingTests {
  /// Some hundred sessions of each provider, in every state that the simulation knows.
  @Test(arguments: SimulatedProvider.allCases)
  func everyListedSessionIsWhatTheTableSays(provider: SimulatedProvider) throws {
    let fixture = try GatewayFixture(sessions: 250)
    let walk = try Walk([fixture.client], "source=\(provider.rawValue)", limit: 500)
    let expected = SessionSort.newestFirst.sorted(try fixture.expected([provider]))
    expectSame(walk.ids, expected.map(\.id))
    let table = Dictionary(uniqueKeysWithValues: expected.map { ($0.id, $0.canonical) })
    for session in walk.sessions { try #require(session.canonical == table[session.id]) }
  }

  @Test(arguments: SimulatedProvider.allCases)
  func oneSessionIsWhatTheTableSaysToo(provider: SimulatedProvider) throws {
    let fixture = try GatewayFixture(sessions: 40)
    for id in fixture.ids(provider) {
      let answer = try fixture.client.get("/v1/sessions/\(provider.rawValue):\(id)")
      try #require(answer.status == 200)
      let expected = Session(try fixture.mapped(provider, id))
      try #require(Session(try answer.object()).canonical == expected.canonical)
    }
  }

  @Test func everyFieldIsAlwaysPresentAndNoOther() throws {
    let fixture = try GatewayFixture(sessions: 40)
    for session in try fixture.client.page("limit=500").sessions {
      #expect(Set(session.fields.keys) == Set(ContractMapping.fieldNames))
      let agent = session.fields["agent"] as? [String: Any]
      #expect(Set(agent?.keys.map { $0 } ?? []) == ["id", "name", "version", "model"])
      let participant = session.fields["participant"] as? [String: Any]
      #expect(Set(participant?.keys.map { $0 } ?? []) == ["id", "email", "phone"])
    }
  }

  /// A field that no session of a test has would be tested by nobody.
  @Test func theSimulatedSessionsUseEveryField() throws {
    let fixture = try GatewayFixture(sessions: 250)
    let sessions = try fixture.expected()
    for name in ContractMapping.fieldNames where name != "parentId" {
      #expect(sessions.contains { !($0.fields[name] is NSNull) }, "\(name)")
    }
    #expect(Set(sessions.compactMap { $0.text("status") }).count >= 4)
    #expect(Set(sessions.compactMap { $0.text("channel") }).count >= 7)
    #expect(Set(sessions.compactMap { $0.text("modality") }).count == 6)
  }

  @Test func theParentIsNamedByItsGlobalID() throws {
    let fixture = try GatewayFixture(sessions: 250) { _ in }
    let page = try fixture.client.page("source=athena&athena.includeSubSessions=true&limit=500")
    let parents = page.sessions.compactMap { $0.text("parentId") }
    #expect(!parents.isEmpty)
    let known = Set(fixture.ids(.athena).map { "athena:\($0)" })
    #expect(parents.allSatisfy(known.contains))
  }

  @Test func rawIsTheProvidersOwnObjectByteForByte() throws {
    let fixture = try GatewayFixture(sessions: 30)
    let answer = try fixture.client.get("/v1/sessions?include=raw&limit=90")
    let body = answer.body
    for provider in SimulatedProvider.allCases {
      for id in fixture.ids(provider) where body.contains("\(provider.rawValue):\(id)\"") {
        let bytes = try #require(fixture.simulator.service(provider).json(of: id))
        #expect(body.contains("\"raw\":" + String(decoding: bytes, as: UTF8.self)))
      }
    }
    let id = fixture.ids(.anam)[0]
    let one = try fixture.client.get("/v1/sessions/anam:\(id)?include=raw").body
    let bytes = try #require(fixture.simulator.service(.anam).json(of: id))
    #expect(one.contains("\"raw\":" + String(decoding: bytes, as: UTF8.self)))
  }

  @Test func theSourceNameIsPartOfTheID() throws {
    let fixture = try GatewayFixture(sessions: 5)
    let simulator = fixture.simulator
    let other = try fixture.anotherGateway { configuration in
      configuration.sources = [
        try GatewayFixture.source(.anam, of: simulator, name: "anam-eu"),
        try GatewayFixture.source(.anam, of: simulator, name: "anam-us"),
      ]
    }
    let page = try other.client.page("limit=50")
    #expect(page.sessions.count == 10)
    #expect(Set(page.ids).count == 10)
    #expect(page.sourceNames == ["anam-eu", "anam-us"])
    for session in page.sessions {
      #expect(session.id == "\(session.source):\(session.nativeID)")
      #expect(session.text("provider") == "anam")
    }
    let one = try other.client.get("/v1/sessions/anam-us:\(fixture.ids(.anam)[2])")
    #expect(try one.object()["source"] as? String == "anam-us")
    #expect(try other.client.page("source=anam-us").sessions.count == 5)
    #expect(try other.client.page("provider=anam").sessions.count == 10)
  }
}
