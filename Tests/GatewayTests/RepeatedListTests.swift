import Simulator
import Support
import Testing

/// A query string that was read before is not read again, and means what it meant.
@Suite struct RepeatedListTests {
  /// Many more than are remembered, each several times and in any order.
  @Test func whatIsAskedAgainIsAnsweredAgain() throws {
    let fixture = try GatewayFixture(sessions: 60)
    var random = SeededGenerator(seed: 1)
    let all = try fixture.client.page("limit=180").ids
    try #require(all.count > 100)
    for _ in 0..<3 {
      for limit in (1...100).shuffled(using: &random) {
        let page = try fixture.client.page("limit=\(limit)")
        expectSame(page.ids, Array(all.prefix(limit)))
      }
    }
  }

  /// Who asks, and in what form, is no part of it.
  @Test func theSameQueryServesEveryCallerAndFormat() throws {
    let fixture = try GatewayFixture(sessions: 20) { _ in
    } configure: {
      $0.auth.isDisabled = false
      $0.auth.tokens = PermissionTests.tokens
    }
    func showsEmail(_ page: Page) -> Bool {
      page.sessions.contains { $0.text("participant", "email") != nil }
    }
    for _ in 0..<2 {
      #expect(showsEmail(try fixture.client.page("limit=60", PermissionTests.contact)))
      #expect(!showsEmail(try fixture.client.page("limit=60", PermissionTests.plain)))
      let csv = PermissionTests.plain.merging(["Accept": "text/csv"]) { $1 }
      let answer = try fixture.client.get("/v1/sessions?limit=60", csv)
      #expect(answer["Content-Type"]?.hasPrefix("text/csv") == true)
      try fixture.client.get("/v1/sessions?limit=60").expectProblem(401, "unauthorized")
      try fixture.client.get("/v1/sessions?include=raw", PermissionTests.plain)
        .expectProblem(403, "forbidden", parameter: "include")
      #expect(try fixture.client.get("/v1/sessions?include=raw", PermissionTests.raw).status == 200)
    }
  }

  @Test func whatIsWrongStaysWrong() throws {
    let fixture = try GatewayFixture(sessions: 1)
    for _ in 0..<3 {
      try fixture.client.get("/v1/sessions?limit=0")
        .expectProblem(400, "invalid-parameter", parameter: "limit")
      #expect(try fixture.client.get("/v1/sessions?q=%FF").status == 400)
    }
  }
}
