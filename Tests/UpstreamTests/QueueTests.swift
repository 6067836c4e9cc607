import Support
import Testing
import Transport

@testable import Upstream

@Suite struct QueueTests {
  @Test func `one source's backlog delays no other`() throws {
    let slow = ScriptedServer([.request, .hang])
    let quick = ScriptedServer([.answers(response("1"))])
    let loop = EventLoop()
    func client(_ server: ScriptedServer) throws -> UpstreamClient {
      var configuration = UpstreamConfiguration(
        name: "x", origin: try UpstreamOrigin("http://127.0.0.1:\(server.port)"))
      configuration.concurrency = 2
      return UpstreamClient(
        try UpstreamShared(configuration, resolver: HostResolver()), on: loop)
    }
    let (first, second) = (try client(slow), try client(quick))
    defer { for client in [first, second] { client.close() } }
    var ends = (slow: 0, quick: 0)
    for _ in 0..<200 {
      first.get("/", deadline: loop.now + .seconds(10)) { _ in
        ends.slow += 1
        return .usable
      }
    }
    for _ in 0..<50 {
      second.get("/", deadline: loop.now + .seconds(10)) { result in
        if case .success = result { ends.quick += 1 }
        return .usable
      }
    }
    let end = Instant.now() + .seconds(5)
    while ends.quick < 50, Instant.now() < end { loop.turn(waitingAtMost: .milliseconds(50)) }
    #expect(ends == (slow: 0, quick: 50))
    #expect(first.shared.health.requestsInFlight == 2)
    #expect(first.shared.health.requestsWaiting > 0)
  }

  @Test func `calls beyond those that may wait fail at once`() throws {
    let server = ScriptedServer([.request, .hang])
    let harness = try ClientHarness(port: server.port) {
      $0.concurrency = 1
      $0.maximumWaiting = 2
    }
    var failures: [UpstreamFailure] = []
    for _ in 0..<5 {
      harness.start { if case .failure(let failure) = $0 { failures.append(failure) } }
    }
    harness.turn { failures.count == 2 }
    #expect(failures.map(\.code) == [.rateLimited, .rateLimited])
    #expect(failures.allSatisfy { $0.requests == 0 && $0.retryAfter == .seconds(1) })
  }

  @Test func `calls of one source go in the order in which they came`() throws {
    let server = ScriptedServer([.answers(response("1"))])
    let harness = try ClientHarness(port: server.port) { $0.concurrency = 1 }
    var order: [Int] = []
    for number in 0..<20 { harness.start { _ in order.append(number) } }
    harness.turn { order.count == 20 }
    #expect(order == Array(0..<20))
  }
}
