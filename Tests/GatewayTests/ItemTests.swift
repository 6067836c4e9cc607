import Foundation
import Simulator
import Testing

@Suite struct ItemTests {
  @Test(arguments: [
    "anam:nobody", "anam:00000000-0000-4000-8000-000000000000", "nosource:abc", "abc", "anam",
    "anam:", ":abc", "ANAM:abc", ":", "anam:a/b", "anam%3A", "alcamine:x/",
  ])
  func whatIsNotThereIsNotFound(id: String) throws {
    let fixture = try GatewayFixture(sessions: 5)
    try fixture.client.get("/v1/sessions/\(id)").expectProblem(404, "not-found")
  }

  @Test func anUnknownSourceReachesNoUpstream() throws {
    let fixture = try GatewayFixture(sessions: 5)
    try fixture.client.get("/v1/sessions/nosource:abc").expectProblem(404, "not-found")
    #expect(fixture.requestCount == 0)
  }

  @Test func theColonMayBeEncoded() throws {
    let fixture = try GatewayFixture(sessions: 5)
    let id = fixture.ids(.anam)[0]
    let answer = try fixture.client.get("/v1/sessions/anam%3A\(id)")
    #expect(answer.status == 200)
    #expect(try answer.object()["nativeId"] as? String == id)
  }

  @Test func aSessionIsAskedFromItsProviderAlone() throws {
    let fixture = try GatewayFixture(sessions: 5)
    let id = fixture.ids(.alcamine)[0]
    #expect(try fixture.client.get("/v1/sessions/alcamine:\(id)").status == 200)
    #expect(fixture.requests == ["alcamine": 1, "anam": 0, "athena": 0])
    #expect(fixture.simulator.service(.alcamine).counts.items == 1)
  }

  @Test func subSessionsAndTasksAreFoundByTheirID() throws {
    let fixture = try GatewayFixture(sessions: 100)
    let hidden = fixture.simulator.service(.athena).rows().filter { $0.isSubSession || $0.isTask }
    for row in hidden.prefix(4) {
      #expect(try fixture.client.get("/v1/sessions/athena:\(row.id)").status == 200)
    }
  }

  @Test func fieldsAndIncludeGoForOneSessionToo() throws {
    let fixture = try GatewayFixture(sessions: 5)
    let path = "/v1/sessions/anam:\(fixture.ids(.anam)[0])"
    let few = try fixture.client.get("\(path)?fields=title,agent").object()
    #expect(Set(few.keys) == ["id", "title", "agent"])
    let raw = try fixture.client.get("\(path)?include=raw").object()
    #expect(Set(raw.keys) == Set(ContractMapping.fieldNames + ["raw"]))
    let before = fixture.requestCount
    try fixture.client.get("\(path)?fields=nope")
      .expectProblem(400, "invalid-parameter", parameter: "fields")
    try fixture.client.get("\(path)?include=nope")
      .expectProblem(400, "invalid-parameter", parameter: "include")
    try fixture.client.get("\(path)?colour=1")
      .expectProblem(400, "unknown-parameter", parameter: "colour")
    #expect(fixture.requestCount == before)
  }

  @Test func aDeletedSessionIsGone() throws {
    let fixture = try GatewayFixture(sessions: 5)
    let id = fixture.ids(.athena)[0]
    #expect(try fixture.client.get("/v1/sessions/athena:\(id)").status == 200)
    fixture.simulator.service(.athena).delete(id)
    try fixture.client.get("/v1/sessions/athena:\(id)").expectProblem(404, "not-found")
  }
}
