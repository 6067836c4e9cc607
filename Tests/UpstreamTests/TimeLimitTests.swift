import Support
import Testing
import Transport

@testable import Upstream

/// Limits of time at their defaults, on a clock that the test moves.
@Suite struct TimeLimitTests {
  enum Place: CaseIterable {
    case connecting, answer, head, body, wait
  }

  /// A server that lets a call hang there, and what the call says of it.
  private func hanging(_ place: Place) -> (server: ScriptedServer, message: String) {
    let (script, message): ([ScriptedServer.Step], String) =
      switch place {
      case .connecting: ([], "connecting")
      case .answer: ([.request, .hang], "waiting for the answer")
      case .head: ([.request, .send("HTTP/1.1 200 OK\r\nConte"), .hang], "waiting for the answer")
      case .body:
        (
          [.request, .send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n12"), .hang],
          "reading the answer"
        )
      case .wait:
        (
          [.request, .send(response("429 x", "", fields: "Retry-After: 9\r\n")), .request, .hang],
          "waiting for the answer"
        )
      }
    let server = ScriptedServer(scripts: [script], startsAtOnce: place != .connecting)
    if place == .connecting { server.stall() }
    return (server, message)
  }

  @Test(arguments: Place.allCases)
  func `a call ends ten seconds after it began, wherever it hangs`(place: Place) throws {
    let (server, message) = hanging(place)
    let harness = try ClientHarness(port: server.port)
    var outcome: Result<ClientHarness.Answer, UpstreamFailure>?
    harness.start(within: .seconds(60)) { outcome = $0 }
    if place != .connecting { harness.turn { server.requests.count == 1 } }
    for _ in 0..<5 { harness.loop.turn(waitingAtMost: .milliseconds(20)) }
    harness.clock.advance(by: .milliseconds(9000))
    if place == .wait { harness.turn { server.requests.count == 2 } }
    for _ in 0..<2 { harness.loop.turn(waitingAtMost: .milliseconds(20)) }
    #expect(outcome == nil)
    harness.clock.advance(by: .seconds(1))
    harness.loop.turn(waitingAtMost: .zero)
    guard case .failure(let failure)? = outcome else {
      Issue.record("the call goes on")
      return
    }
    #expect(failure.code == .timeout)
    #expect(failure.message == "no answer within 10000 ms: \(message)")
    #expect(harness.shared.health.requestsInFlight == 0)
  }

  @Test func `an open circuit lets a probe through after five seconds, and ten after its failure`()
    throws
  {
    let server = ScriptedServer([.request, .reset])
    let harness = try ClientHarness(port: server.port) { $0.retries = 0 }
    for _ in 0..<5 { #expect(harness.get().code == .connect) }
    for pause in [5, 10] as [Int64] {
      #expect(harness.get().code == .circuitOpen)
      harness.clock.advance(by: .seconds(pause) - .milliseconds(500))
      #expect(harness.get().code == .circuitOpen)
      harness.clock.advance(by: .milliseconds(500))
      #expect(harness.get().code == .connect)
    }
    #expect(server.requests.count == 7)
    server.setScripts([.answers(response("1"))])
    harness.clock.advance(by: .seconds(20))
    #expect(harness.get().code == nil)
    #expect(harness.get().code == nil)
    #expect(harness.shared.health.state == .ok)
  }

  @Test func `an idle connection is closed after fifty seconds, an old one after ten minutes`()
    throws
  {
    let server = ScriptedServer([.answers(response("1"))])
    let harness = try ClientHarness(port: server.port)
    #expect(harness.get().code == nil)
    harness.clock.advance(by: .seconds(49))
    #expect(harness.get().code == nil)
    #expect(server.connections == 1)
    harness.clock.advance(by: .seconds(51))
    harness.turn { server.ended == 1 }
    for _ in 0..<14 {
      #expect(harness.get().code == nil)
      harness.clock.advance(by: .seconds(49))
    }
    #expect(server.connections == 3)
  }
}
