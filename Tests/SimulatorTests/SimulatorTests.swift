import Foundation
import Glibc
import Support
import Testing

@testable import Simulator

/// The three upstreams over real sockets, asked by a client that shares no code with the server.
struct SimulatorTests {
  private static let lists: [SimulatedProvider: String] = [
    .alcamine: "/sessions?limit=2", .anam: "/v1/sessions?perPage=2",
    .athena: "/api/v0/sessions?limit=2",
  ]

  @Test func `all three serve what their pages say, on ports of their own`() throws {
    var options = SimulatorOptions()
    options.dataset = .still(sessions: 40)
    let simulator = try Simulator(options)
    defer { simulator.stop() }
    #expect(Set(SimulatedProvider.allCases.map(simulator.baseURL)).count == 3)
    for provider in SimulatedProvider.allCases {
      let target = try #require(SimulatorTests.lists[provider])
      let answer = try get(target, from: simulator, provider)
      #expect(answer.status == 200)
      let expected = simulator.service(provider).rows().map(\.id)
      #expect(expected.contains { answer.body.contains($0) })
      #expect(throws: Never.self) {
        try JSONSerialization.jsonObject(with: Data(answer.body.utf8))
      }
      #expect(try get(target, from: simulator, provider, key: "wrong").status == 401)
      #expect(simulator.service(provider).counts.requests == 2)
      #expect(simulator.service(provider).counts.unauthorized == 1)
    }
  }

  @Test func `latency is kept over sockets, and a fault is answered`() throws {
    var options = SimulatorOptions()
    options.dataset = .still(sessions: 10)
    try options.addLatency("anam=40ms")
    try options.addFault("athena=status:503:2s@#1")
    let simulator = try Simulator(options)
    defer { simulator.stop() }
    let start = ContinuousClock.now
    #expect(try get("/v1/sessions", from: simulator, .anam).status == 200)
    #expect(.now - start >= .milliseconds(40))
    #expect(try get("/api/v0/sessions", from: simulator, .athena).status == 503)
    #expect(try get("/api/v0/sessions", from: simulator, .athena).status == 200)
  }

  @Test func `a port that is taken is an error, and leaves nothing behind`() throws {
    var options = SimulatorOptions()
    options.dataset = .still(sessions: 1)
    let simulator = try Simulator(options)
    defer { simulator.stop() }
    options.ports[.athena] = try port(of: simulator, .athena)
    #expect(throws: (any Error).self) { try Simulator(options) }
    #expect(try get("/api/v0/sessions", from: simulator, .athena).status == 200)
  }

  @Test func `stopping ends requests that hang, and refuses new ones`() throws {
    var options = SimulatorOptions()
    options.dataset = .still(sessions: 1)
    try options.addFault("hang")
    let simulator = try Simulator(options)
    let client = try RawClient(port: port(of: simulator, .alcamine))
    try client.send("GET /sessions HTTP/1.1\r\nHost: localhost\r\n\r\n")
    let patience = ContinuousClock.now + .seconds(10)
    while simulator.service(.alcamine).counts.requests == 0, .now < patience { sched_yield() }
    #expect(simulator.service(.alcamine).counts.requests == 1)
    simulator.stop()
    #expect(try client.answerlessEnd())
    #expect(throws: RawClient.Failure.self) {
      try get("/sessions", from: simulator, .alcamine)
    }
  }

  private func port(of simulator: Simulator, _ provider: SimulatedProvider) throws -> UInt16 {
    try #require(UInt16(simulator.baseURL(provider).split(separator: ":").last ?? ""))
  }

  private func get(
    _ target: String, from simulator: Simulator, _ provider: SimulatedProvider, key: String? = nil
  ) throws -> RawClient.Answer {
    let client = try RawClient(port: port(of: simulator, provider))
    try client.send(
      """
      GET \(target) HTTP/1.1\r
      Host: localhost\r
      Authorization: Bearer \(key ?? simulator.apiKey(provider))\r
      Connection: close\r
      \r

      """)
    return try #require(try client.answer())
  }
}
