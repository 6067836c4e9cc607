import Support
import Testing
import Transport

@testable import Upstream

@Suite struct SharedTests {
  @Test func `a permit given back goes to the loop that waited longest`() {
    let loops = [EventLoop(), EventLoop(), EventLoop()]
    let elsewhere = EventLoop().handle
    var permits = PermitState(limit: 1)
    #expect(permits.take() == true)
    #expect(permits.take() == false)
    for loop in loops { permits.wait(loop.handle) }
    for loop in loops { #expect(permits.giveBack(from: elsewhere) === loop.handle) }
    #expect(permits.take() == false)
    #expect(permits.giveBack(from: elsewhere) == nil)
    #expect(permits.used == 0)
  }

  @Test func `a loop keeps its permit, but not for ever, nor from far back`() {
    let (own, other) = (EventLoop().handle, EventLoop().handle)
    var permits = PermitState(limit: 1)
    #expect(permits.take() == true)
    permits.wait(other)
    for _ in 0...2 * PermitState.patience { permits.wait(own) }
    for _ in 0..<PermitState.patience { #expect(permits.giveBack(from: own) === own) }
    #expect(permits.giveBack(from: own) === other)
    #expect(permits.giveBack(from: own) === own)

    var far = PermitState(limit: 1)
    #expect(far.take() == true)
    for _ in 0..<PermitState.patience { far.wait(other) }
    far.wait(own)
    #expect(far.giveBack(from: own) === other)
    #expect(far.giveBack(from: own) === own)
    #expect(far.giveBack(from: own) === other)
  }

  @Test(arguments: 0..<50 as Range<UInt64>)
  func `permits are neither lost nor doubled, and who stands first is served soon`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let loops = (0..<3).map { _ in EventLoop().handle }
    let limit = Int.random(in: 1...5, using: &random)
    var permits = PermitState(limit: limit)
    var waiting: [EventLoop.Handle] = []
    var (held, passed) = (0, 0)
    for _ in 0..<500 {
      let loop = loops[Int.random(in: 0..<3, using: &random)]
      if held == 0 || Int.random(in: 0..<5, using: &random) < 3 {
        if permits.take() {
          #expect(held < limit && waiting.isEmpty)
          held += 1
        } else {
          permits.wait(loop)
          waiting.append(loop)
        }
      } else if let next = permits.giveBack(from: loop) {
        guard let place = waiting.firstIndex(where: { $0 === next }) else {
          Issue.record("a permit for a loop that does not wait")
          return
        }
        waiting.remove(at: place)
        passed = place == 0 ? 0 : passed + 1
        #expect(passed <= PermitState.patience)
      } else {
        #expect(waiting.isEmpty)
        held -= 1
      }
      #expect(permits.used == held && permits.awaited == waiting.count)
    }
  }

  @Test func `what a source said about when to ask holds for its next configuration too`() throws {
    var configuration = UpstreamConfiguration(
      name: "x", origin: try UpstreamOrigin("http://127.0.0.1:1"))
    let before = try UpstreamShared(configuration, resolver: HostResolver())
    before.told(retryAfter: .seconds(30), at: .now())
    configuration.retries = 0
    let after = try UpstreamShared(
      configuration, resolver: HostResolver(), continuing: before)
    #expect(after.notBefore == before.notBefore && after.notBefore > .now())
    configuration.origin = try UpstreamOrigin("http://127.0.0.1:2")
    let elsewhere = try UpstreamShared(
      configuration, resolver: HostResolver(), continuing: before)
    #expect(elsewhere.notBefore < .now())
  }

  @Test func `many loops share the permits of one source, and every call ends`() throws {
    let server = ScriptedServer([.request, .send(response("1")), .request, .send(response("1"))])
    var configuration = UpstreamConfiguration(
      name: "x", origin: try UpstreamOrigin("http://127.0.0.1:\(server.port)"))
    configuration.concurrency = 2
    let shared = try UpstreamShared(configuration, resolver: HostResolver())
    let results = Guarded((successes: 0, failures: 0, most: 0))
    let ended = Guarded(0)
    for index in 0..<3 {
      EventLoop.start(name: "loop \(index)") { loop in
        let client = UpstreamClient(shared, on: loop)
        loop.attach(client)
        for _ in 0..<40 {
          client.get("/", deadline: loop.now + .seconds(10)) { result in
            let inFlight = shared.health.requestsInFlight
            let count = results.withLock { results in
              results.most = max(results.most, inFlight)
              if case .success = result { results.successes += 1 } else { results.failures += 1 }
              return results.successes + results.failures
            }
            if count == 120 { ended.withLock { $0 += 1 } }
            return .usable
          }
        }
      } ended: {
        ended.withLock { $0 += 1 }
      }
    }
    let loop = EventLoop()
    let start = Instant.now()
    while ended.withLock({ $0 }) == 0, Instant.now() - start < .seconds(10) {
      loop.turn(waitingAtMost: .milliseconds(20))
    }
    let outcome = results.withLock { $0 }
    #expect(outcome.successes == 120 && outcome.failures == 0)
    #expect(outcome.most <= 2)
    #expect(shared.health.requestsTotal >= 120)
  }

  @Test func `a source that fails at random costs retries within the budget, and nothing leaks`()
    throws
  {
    var random = SeededRandom(7)
    let scripts: [[ScriptedServer.Step]] = (0..<400).map { _ in
      switch Int.random(in: 0..<10, using: &random) {
      case 0: [.request, .reset]
      case 1: [.request, .send(response("503 x", ""))]
      default: [.request, .send(response("1"))]
      }
    }
    let server = ScriptedServer(scripts: scripts)
    let harness = try ClientHarness(port: server.port)
    var ends: [UpstreamFailure.Code?] = []
    for _ in 0..<200 { harness.start(within: .seconds(10)) { ends.append($0.code) } }
    harness.turn { ends.count == 200 }
    #expect(ends.count == 200)
    let health = harness.shared.health
    #expect(health.requestsInFlight == 0)
    #expect(health.retriesTotal > 10)
    #expect(health.retriesTotal <= 40)
    #expect(Set(ends).subtracting([nil, .connect, .upstreamStatus(503), .circuitOpen]).isEmpty)
  }
}
