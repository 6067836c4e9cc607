import Simulator
import Support
import Testing

/// Lists that are read in full take their turn: each holds many rows in memory.
@Suite struct ScanLimitTests {
  @Test(.timeLimit(.minutes(10)))
  func scansBeyondTheLimitWaitForTheirTurn() throws {
    let latency = Duration.milliseconds(300)
    let fixture = try GatewayFixture(sessions: 20) { options in
      options.faults[.anam] = SimulatorFaults(latency: latency...latency)
    }
    let start = ContinuousClock.now
    // An agent of its own makes each a list of its own; the upstream could answer all at once.
    let connections = try (0..<6).map { number in
      let connection = try RawClient(port: fixture.client.port)
      let agent = "00000000-0000-4000-8000-00000000000\(number)"
      try connection.send(
        "GET /v1/sessions?source=anam&sort=-updatedAt&agentId=\(agent) HTTP/1.1\r\n"
          + "Host: 127.0.0.1:\(fixture.client.port)\r\n\r\n")
      return connection
    }
    for connection in connections {
      let page = Page(try GatewayAnswer(try #require(try connection.answer())).object())
      #expect(page.isPartial == false)
      #expect(page.source("anam")["order"] as? String == "scanned")
    }
    let spent = ContinuousClock.now - start
    #expect(spent >= latency * 2, "four, then two: \(spent)")
  }
}
