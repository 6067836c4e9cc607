import Glibc
import Support
import Testing
import Transport

@testable import Upstream

/// What each fault of a source becomes. No row waits for more than its deadline.
@Suite struct FaultTests {
  struct Fault: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var steps: [ScriptedServer.Step]
    var code: UpstreamFailure.Code
    var requests = 1
  }

  static let faults: [Fault] = [
    .init(testDescription: "401", steps: [.send(response("401 x", ""))], code: .unauthorized),
    .init(testDescription: "403", steps: [.send(response("403 x", ""))], code: .forbidden),
    .init(
      testDescription: "408", steps: [.send(response("408 x", ""))], code: .upstreamStatus(408)),
    .init(testDescription: "429", steps: [.send(response("429 x", ""))], code: .rateLimited),
    .init(
      testDescription: "429, far away",
      steps: [.send(response("429 x", "", fields: "Retry-After: 60\r\n"))], code: .rateLimited),
    .init(
      testDescription: "500", steps: [.send(response("500 x", ""))], code: .upstreamStatus(500),
      requests: 2),
    .init(
      testDescription: "501", steps: [.send(response("501 x", ""))], code: .upstreamStatus(501)),
    .init(
      testDescription: "502", steps: [.send(response("502 x", ""))], code: .upstreamStatus(502),
      requests: 2),
    .init(
      testDescription: "503", steps: [.send(response("503 x", ""))], code: .upstreamStatus(503),
      requests: 2),
    .init(
      testDescription: "504", steps: [.send(response("504 x", ""))], code: .upstreamStatus(504),
      requests: 2),
    .init(
      testDescription: "redirect",
      steps: [.send(response("302 Found", "", fields: "Location: http://127.0.0.1:1/\r\n"))],
      code: .upstreamStatus(302)),
    .init(
      testDescription: "204", steps: [.send("HTTP/1.1 204 x\r\n\r\n")], code: .upstreamStatus(204)),
    .init(testDescription: "reset before the answer", steps: [.reset], code: .connect, requests: 2),
    .init(testDescription: "closed before the answer", steps: [], code: .connect, requests: 2),
    .init(
      testDescription: "closed within the head", steps: [.send("HTTP/1.1 200 OK\r\nContent-")],
      code: .protocol, requests: 2),
    .init(
      testDescription: "truncated",
      steps: [.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1234")], code: .protocol,
      requests: 2),
    .init(
      testDescription: "truncated chunks",
      steps: [.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n1234")],
      code: .protocol, requests: 2),
    .init(testDescription: "garbage", steps: [.send("SSH-2.0-x\r\n\r\n")], code: .protocol),
    .init(
      testDescription: "bad chunk size",
      steps: [.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")], code: .protocol
    ),
    .init(
      testDescription: "two lengths",
      steps: [.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n12")],
      code: .protocol),
    .init(
      testDescription: "switches protocols", steps: [.send("HTTP/1.1 101 x\r\nUpgrade: x\r\n\r\n")],
      code: .protocol),
    .init(
      testDescription: "nothing but interim answers",
      steps: [.send(String(repeating: "HTTP/1.1 102 x\r\n\r\n", count: 9))], code: .protocol),
    .init(
      testDescription: "head without end",
      steps: [.send("HTTP/1.1 200 OK\r\n" + String(repeating: "A: b\r\n", count: 20_000))],
      code: .protocol),
    .init(
      testDescription: "wrong type",
      steps: [.send("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1\r\n\r\n1")],
      code: .badPayload),
    .init(
      testDescription: "unknown coding",
      steps: [.send(response("1", fields: "Content-Encoding: br\r\n"))], code: .badPayload),
    .init(
      testDescription: "not gzip",
      steps: [.send(response("12345678901234567890", fields: "Content-Encoding: gzip\r\n"))],
      code: .badPayload),
    .init(
      testDescription: "oversize by its length",
      steps: [.send("HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\n")], code: .badPayload),
    .init(
      testDescription: "oversize by a chunk",
      steps: [.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n")],
      code: .badPayload),
    .init(
      testDescription: "oversize until close",
      steps: [.send("HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: 100_001))],
      code: .badPayload),
  ]

  @Test(arguments: faults) func `a fault has its code`(fault: Fault) throws {
    let server = ScriptedServer([.request] + fault.steps)
    let harness = try ClientHarness(port: server.port) { $0.responseBytes = 100_000 }
    guard case .failure(let failure) = harness.get() else {
      Issue.record("the call succeeded")
      return
    }
    #expect(failure.code == fault.code)
    #expect(failure.requests == fault.requests)
    #expect(server.requests.count == fault.requests)
    #expect(!failure.message.contains("s3cret"))
    #expect(harness.shared.health.state == .degraded)
  }

  @Test func `a failed try is followed by one that succeeds`() throws {
    for steps: [ScriptedServer.Step] in [[.reset], [.send(response("503 x", ""))]] {
      let server = ScriptedServer([.request] + steps, [.request, .send(response("1"))])
      let harness = try ClientHarness(port: server.port)
      #expect(harness.get() == .success(.init(status: 200, text: "1", requests: 2)))
      #expect(harness.shared.health.state == .ok)
    }
  }

  @Test func `a pause that ends in time is waited for, and not one moment less`() throws {
    let server = ScriptedServer([
      .request, .send(response("429 x", "", fields: "Retry-After: 1\r\n")), .request,
      .send(response("1")),
    ])
    let harness = try ClientHarness(port: server.port)
    let start = Instant.now()
    #expect(harness.get() == .success(.init(status: 200, text: "1", requests: 2)))
    #expect(Instant.now() - start >= .seconds(1))
  }

  @Test func `nobody asks earlier than a source said to anybody`() throws {
    let server = ScriptedServer([
      .request, .send(response("429 x", "", fields: "Retry-After: 60\r\n")), .request, .hang,
    ])
    let harness = try ClientHarness(port: server.port)
    guard case .failure(let first) = harness.get(), case .failure(let second) = harness.get() else {
      Issue.record("a call succeeded")
      return
    }
    #expect(first.retryAfter == .seconds(60))
    #expect(second.code == .rateLimited && second.requests == 0)
    #expect(second.retryAfter ?? .zero > .seconds(59))
    #expect(server.requests.count == 1)
  }

  @Test func `a limit that is said to be used up is not run into`() throws {
    let server = ScriptedServer([
      .request,
      .send(response("1", fields: "RateLimit-Remaining: 0\r\nRateLimit-Reset: 30\r\n")), .request,
    ])
    let harness = try ClientHarness(port: server.port)
    #expect(try harness.get().get().text == "1")
    #expect(harness.get().code == .rateLimited)
    #expect(harness.shared.health.rateLimitRemaining == 0)
    #expect(server.requests.count == 1)
  }

  @Test func `a refused connection says so`() throws {
    let closed = LoopbackServer.listening()
    close(closed.descriptor)
    let harness = try ClientHarness(port: closed.port)
    #expect(
      harness.get()
        == .failure(UpstreamFailure(.connect, "connect: Connection refused", requests: 1)))
  }

  @Test func `a name without an address says so`() throws {
    let resolver = HostResolver { host, _ in .failure(.lookup(reason: "\(host): no such name")) }
    let harness = try ClientHarness(port: 1, host: "upstream.test", resolver: resolver)
    #expect(
      harness.get()
        == .failure(UpstreamFailure(.dns, "upstream.test: no such name", requests: 1)))
  }

  @Test(arguments: [
    [ScriptedServer.Step.hang],
    [.request, .hang],
    [.request, .send("HTTP/1.1 200 OK\r\nConte"), .hang],
    [.request, .send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n12"), .hang],
    [.request, .send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n1"), .hang],
    [.request, .send(response("503 x", "", fields: "Retry-After: 0\r\n")), .request, .hang],
  ]) func `a source that stalls is cut off at the deadline`(script: [ScriptedServer.Step]) throws {
    let server = ScriptedServer(script)
    // A busy machine may hold up one try, but not each.
    let endsInTime = try (0..<3).contains { _ in
      let harness = try ClientHarness(port: server.port)
      let start = Instant.now()
      #expect(harness.get(within: .milliseconds(80)).code == .timeout)
      let time = Instant.now() - start
      #expect(harness.shared.health.requestsInFlight == 0)
      return time < .milliseconds(580)
    }
    #expect(endsInTime)
  }

  @Test func `a call that waits behind others gives up while there were time for an answer`() throws
  {
    let server = ScriptedServer([.request, .hang])
    let harness = try ClientHarness(port: server.port) { $0.concurrency = 1 }
    var codes: [UpstreamFailure.Code?] = []
    harness.start(within: .seconds(5)) { codes.append($0.code) }.cancel()
    let first = harness.start(within: .seconds(5)) { codes.append($0.code) }
    harness.start(within: .milliseconds(50)) { codes.append($0.code) }
    harness.turn { !codes.isEmpty }
    #expect(codes == [.rateLimited])
    #expect(harness.shared.health.requestsInFlight == 1)
    first.cancel()
    // The permit passes through the loop once more: it was asked for by a call that has ended.
    harness.turn { harness.shared.health.requestsInFlight == 0 }
    #expect(harness.shared.health.requestsInFlight == 0)
    #expect(codes.count == 1)
  }

  @Test func `a source that does not keep up serves the newest first`() throws {
    let server = ScriptedServer([.request, .hang], [.request, .send(response("1"))])
    let harness = try ClientHarness(port: server.port) { $0.concurrency = 1 }
    var order: [Int] = []
    let first = harness.start { _ in }
    for number in 0..<3 {
      harness.start { if $0.code == nil { order.append(number) } }
    }
    let start = Instant.now()
    harness.turn { Instant.now() - start > .milliseconds(300) }
    first.cancel()
    harness.turn { order.count == 3 }
    #expect(order == [2, 1, 0])
  }

  @Test func `a look-up that hangs ends at the deadline`() throws {
    let blocked = LoopbackServer.listening()
    defer { close(blocked.descriptor) }
    let resolver = HostResolver { _, _ in
      // Nobody connects; it ends with the listener.
      accept(blocked.descriptor, nil, nil)
      return .failure(.lookup(reason: "late"))
    }
    let harness = try ClientHarness(port: 1, host: "upstream.test", resolver: resolver)
    guard case .failure(let failure) = harness.get(within: .milliseconds(50)) else {
      Issue.record("the call succeeded")
      return
    }
    #expect(failure.code == .timeout)
    #expect(failure.message == "no answer within 50 ms: looking up its address")
    shutdown(blocked.descriptor, Int32(SHUT_RDWR))
  }

  @Test func `a cancelled call is never heard of again, and its connection is not used again`()
    throws
  {
    let server = ScriptedServer([.request, .hang], [.request, .send(response("2"))])
    let harness = try ClientHarness(port: server.port)
    var outcomes = 0
    let call = harness.start { _ in outcomes += 1 }
    harness.turn { server.requests.count == 1 }
    call.cancel()
    call.cancel()
    #expect(try harness.get().get().text == "2")
    #expect(outcomes == 0)
    #expect(server.connections == 2)
  }

  @Test func `a target that would add a line is not sent`() throws {
    let server = ScriptedServer([.request, .send(response("1"))])
    let harness = try ClientHarness(port: server.port)
    for target in ["/x\r\nA: b", "/x y", "//other/x", "http://other/", "", "/x#y", "/\u{e9}"] {
      #expect(harness.get(target).code == .protocol)
    }
    #expect(server.connections == 0)
  }

  @Test func `five failures in a row open the circuit, unreadable answers count`() throws {
    let server = ScriptedServer([.request, .send(response("1")), .request, .send(response("1"))])
    let harness = try ClientHarness(port: server.port)
    for _ in 0..<5 {
      #expect(try harness.get(verdict: .badPayload(reason: "no sessions")).get().text == "1")
    }
    #expect(harness.shared.health.state == .open)
    guard case .failure(let failure) = harness.get() else {
      Issue.record("the call was sent")
      return
    }
    #expect(failure.code == .circuitOpen && failure.requests == 0)
    #expect(failure.retryAfter ?? .zero > .seconds(4))
    #expect(harness.shared.health.lastError?.message == "no sessions")
  }
}
