import Gateway
import Simulator
import Support
import Testing

/// Many callers that ask for the same thing at once cost one request a source, whichever loops they
/// came to.
@Suite struct SingleFlightTests {
  @Test(.timeLimit(.minutes(10)))
  func identicalPagesOnSeveralLoopsShareTheirRequests() throws {
    let fixture = try fixture()
    let connections = try ask(fixture, 24)
    for connection in connections { try expectWhole(connection) }
    #expect(fixture.requests == ["alcamine": 1, "anam": 1, "athena": 1])
  }

  /// Those who stay get their page, whoever had made the request that they wait for.
  @Test(.timeLimit(.minutes(10)))
  func callersThatLeaveTakeNothingFromTheOthers() throws {
    let fixture = try fixture()
    var connections = try ask(fixture, 24)
    connections.removeFirst(12)
    for connection in connections { try expectWhole(connection) }
  }

  /// Without a TTL nobody is answered with what was asked for another, not even at the same moment.
  @Test(.timeLimit(.minutes(10)))
  func identicalPagesShareNothingWhereNothingMayBeReused() throws {
    let fixture = try fixture(loops: 1) { $0.cache.ttl = .zero }
    for connection in try ask(fixture, 24) { try expectWhole(connection) }
    #expect(fixture.requests == ["alcamine": 24, "anam": 24, "athena": 24])
  }

  private func fixture(
    loops: Int = 2, configure: (inout GatewayConfiguration) throws -> Void = { _ in }
  ) throws -> GatewayFixture {
    try GatewayFixture(
      sessions: 20, loops: loops,
      simulate: { options in
        for provider in SimulatedProvider.allCases {
          options.faults[provider] = SimulatorFaults(
            latency: .milliseconds(500) ... .milliseconds(500))
        }
      }, configure: configure)
  }

  private func ask(_ fixture: GatewayFixture, _ count: Int) throws -> [RawClient] {
    try (0..<count).map { _ in
      let connection = try RawClient(port: fixture.client.port)
      try connection.send(
        "GET /v1/sessions HTTP/1.1\r\nHost: 127.0.0.1:\(fixture.client.port)\r\n\r\n")
      return connection
    }
  }

  private func expectWhole(_ connection: RawClient) throws {
    let answer = GatewayAnswer(try #require(try connection.answer()))
    let page = Page(try answer.object())
    #expect(page.isPartial == false)
    #expect(page.sessions.count == 50)
  }
}
