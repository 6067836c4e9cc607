import Support
import Testing
import Transport

@testable import Upstream

@Suite struct HTTP2Tests {
  private func harness(
    _ port: UInt16, _ configure: (inout UpstreamConfiguration) -> Void = { _ in }
  ) throws -> ClientHarness {
    let resolver = HostResolver { _, port in
      RemoteAddress(numeric: "127.0.0.1", port: port).map { .success([$0]) }
        ?? .failure(.lookup(reason: "no loopback"))
    }
    return try ClientHarness(port: port, scheme: "https", host: "localhost", resolver: resolver) {
      $0.tls.caFile = CertificateAuthority.shared.caFile
      configure(&$0)
    }
  }

  @Test func `many calls at a time share one connection`() throws {
    let server = HTTP2Server()
    let harness = try harness(server.port) { $0.concurrency = 50 }
    for _ in 0..<2 {
      var texts: Set<String> = []
      for _ in 0..<50 { harness.start { texts.insert((try? $0.get().text) ?? "failed") } }
      harness.turn { texts.count == 50 }
      #expect(texts.count == 50 && !texts.contains("failed"))
    }
    #expect(server.connections == 1)
    #expect(server.requests.allSatisfy { $0 == "/base/x?y=1" })
  }

  @Test func `a large answer passes the windows again and again`() throws {
    let server = HTTP2Server()
    let harness = try harness(server.port)
    for _ in 0..<8 { #expect(try harness.get("/large").get().text == HTTP2Server.largeBody) }
    #expect(server.connections == 1)
  }

  @Test func `streams that the server does not grant wait for those that end`() throws {
    let server = HTTP2Server(maximumStreams: 2)
    let harness = try harness(server.port) { $0.concurrency = 20 }
    #expect(try harness.get().get().requests == 1)
    var done = 0
    for _ in 0..<20 {
      harness.start {
        #expect($0.code == nil)
        done += 1
      }
    }
    harness.turn { done == 20 }
    #expect(done == 20)
    #expect(server.connections <= 4)
  }

  @Test func `statuses, types and limits count as they do elsewhere`() throws {
    let server = HTTP2Server()
    let harness = try harness(server.port) { $0.responseBytes = 1_000_000 }
    #expect(harness.get("/missing") == .success(.init(status: 404, text: "", requests: 1)))
    #expect(harness.get("/broken").code == .upstreamStatus(503))
    #expect(harness.get("/html").code == .badPayload)
    #expect(harness.get("/large").code == .badPayload)
    #expect(harness.get("/long-head").code == .protocol)
    #expect(harness.get("/interim").code == nil)
    #expect(harness.get("/").code == nil)
    #expect(server.connections == 1)
  }

  @Test(arguments: ["/refused-first", "/goaway-first"])
  func `a stream that was never processed is sent again at no charge`(path: String) throws {
    let server = HTTP2Server()
    let harness = try harness(server.port) { $0.retries = 0 }
    #expect(harness.get(path) == .success(.init(status: 200, text: "[2]", requests: 2)))
    #expect(server.connections == (path == "/goaway-first" ? 2 : 1))
  }

  @Test func `a connection that goes away finishes what it has`() throws {
    let server = HTTP2Server()
    let harness = try harness(server.port) { $0.retries = 0 }
    #expect(try harness.get("/goaway-after").get().text == "[1]")
    #expect(try harness.get("/").get().text == "[2]")
    #expect(server.connections == 2)
  }

  @Test(arguments: [
    ("/reset", UpstreamFailure.Code.protocol, 2), ("/cut", .connect, 2), ("/garbage", .protocol, 1),
  ]) func `a broken stream or connection has its code, and the next call works`(
    path: String, code: UpstreamFailure.Code, requests: Int
  ) throws {
    let server = HTTP2Server()
    let harness = try harness(server.port)
    guard case .failure(let failure) = harness.get(path) else {
      Issue.record("the call succeeded")
      return
    }
    #expect(failure.code == code)
    #expect(failure.requests == requests)
    #expect(harness.get("/").code == nil)
  }

  @Test func `a stream that hangs ends at the deadline, and others go on`() throws {
    let server = HTTP2Server()
    let harness = try harness(server.port)
    #expect(harness.get("/").code == nil)
    var hung: UpstreamFailure.Code?
    harness.start("/hang", within: .milliseconds(200)) { hung = $0.code }
    #expect(harness.get("/").code == nil)
    harness.turn { hung != nil }
    #expect(hung == .timeout)
    #expect(harness.get("/").code == nil)
    // Until it says something again, a connection that left a call in silence gets no other.
    #expect(server.connections <= 2)
  }

  @Test func `a cancelled call resets its stream alone`() throws {
    let server = HTTP2Server(maximumStreams: 1)
    let harness = try harness(server.port)
    #expect(harness.get("/").code == nil)
    let call = harness.start("/hang") { _ in Issue.record("a cancelled call ended") }
    harness.turn { server.requests.count == 2 }
    call.cancel()
    #expect(harness.get("/").code == nil)
  }

  @Test func `padding, trailers and interim answers are stepped over`() throws {
    let server = HTTP2Server()
    let harness = try harness(server.port)
    for path in ["/padded", "/trailer", "/interim"] {
      #expect(harness.get(path).code == nil, "\(path)")
    }
    #expect(harness.get("/interims").code == .protocol)
    #expect(server.connections == 1)
  }

  @Test func `a peer without SETTINGS fails in time, for all that wait for it`() throws {
    let server = HTTP2Server()
    server.doAlways("mute")
    let harness = try harness(server.port) { $0.retries = 0 }
    var codes: [UpstreamFailure.Code?] = []
    for _ in 0..<4 { harness.start(within: .seconds(10)) { codes.append($0.code) } }
    harness.turn { server.handshakes == 1 }
    harness.loop.turn(waitingAtMost: .zero)
    harness.clock.advance(by: .milliseconds(2900))
    harness.loop.turn(waitingAtMost: .zero)
    #expect(codes.isEmpty)
    harness.clock.advance(by: .milliseconds(200))
    harness.turn { codes.count == 4 }
    #expect(codes == [.protocol, .protocol, .protocol, .protocol])
    server.doAlways(nil)
    #expect(harness.get("/").code == nil)
    #expect(server.connections == 2)
  }

  @Test func `a connection that dies is found out, and the call tried again in time`() throws {
    let server = HTTP2Server()
    let harness = try harness(server.port)
    #expect(harness.get("/").code == nil)
    server.doAlways("dead")
    var outcome: Result<ClientHarness.Answer, UpstreamFailure>?
    harness.start("/", within: .seconds(10)) { outcome = $0 }
    harness.turn { server.requests.count == 2 }
    server.doAlways(nil)
    harness.clock.advance(by: .seconds(2))
    harness.loop.turn(waitingAtMost: .zero)
    // The question is on its way; three seconds later nothing has come.
    harness.clock.advance(by: .milliseconds(3100))
    harness.turn { outcome != nil }
    #expect(outcome == .success(.init(status: 200, text: "[3]", requests: 2)))
    #expect(server.connections == 2)
  }

  @Test func `a silent connection that answers is kept, and an idle one closed in time`() throws {
    let server = HTTP2Server()
    let harness = try harness(server.port)
    #expect(harness.get("/").code == nil)
    for _ in 0..<3 {
      harness.clock.advance(by: .seconds(16))
      // The question, and its answer.
      for _ in 0..<4 { harness.loop.turn(waitingAtMost: .milliseconds(30)) }
    }
    #expect(harness.get("/").code == nil)
    #expect(server.connections == 1)
    harness.clock.advance(by: .seconds(51))
    harness.loop.turn(waitingAtMost: .zero)
    #expect(harness.get("/").code == nil)
    #expect(server.connections == 2)
  }

  @Test func `answers nobody wants any more do not use up the connection's window`() throws {
    let server = HTTP2Server()
    let harness = try harness(server.port) { $0.responseBytes = 100_000 }
    // More than the connection's window in all.
    for _ in 0..<12 {
      #expect(harness.get("/large").code == .badPayload)
      #expect(harness.get("/").code == nil)
    }
    #expect(server.connections == 1)
  }

  @Test func `an answer that stalls ends at the deadline, and others go on`() throws {
    let server = HTTP2Server()
    let harness = try harness(server.port)
    #expect(harness.get("/").code == nil)
    guard case .failure(let failure) = harness.get("/stall", within: .milliseconds(100)) else {
      Issue.record("the call succeeded")
      return
    }
    #expect(failure.message == "no answer within 100 ms: reading the answer")
    #expect(harness.get("/").code == nil)
  }

  @Test func `when it is off, the source is spoken to in 1.1`() throws {
    let server = ScriptedServer([.secure(ServerTLS()), .answers(response("[]"))])
    let harness = try harness(server.port) { $0.allowsHTTP2 = false }
    #expect(harness.get("/").code == nil)
  }
}
