import Support
import Testing
import Transport

@testable import Upstream

@Suite struct HTTP1Tests {
  @Test func `the request goes to the origin's path with its credential and nothing else`() throws {
    let server = ScriptedServer([.request, .send(response("[]"))])
    let harness = try ClientHarness(port: server.port)
    #expect(harness.get("/x?y=1") == .success(.init(status: 200, text: "[]", requests: 1)))
    #expect(
      server.requests == [
        """
        GET /base/x?y=1 HTTP/1.1\r
        Host: 127.0.0.1:\(server.port)\r
        accept: application/json\r
        accept-encoding: gzip\r
        user-agent: sessions-gateway\r
        authorization: Bearer s3cret\r
        \r

        """
      ])
  }

  @Test func `one connection serves one request after another`() throws {
    let server = ScriptedServer([
      .request, .send(response("1")), .request, .send(response("22")), .request,
      .send(response("")),
    ])
    let harness = try ClientHarness(port: server.port)
    for text in ["1", "22", ""] {
      #expect(harness.get() == .success(.init(status: 200, text: text, requests: 1)))
    }
    #expect(server.connections == 1)
  }

  @Test(arguments: [
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"],
    [
      "HTTP/1.1 200 OK\r\nTransfer-Enc", "oding: chunked\r\n\r\n3\r", "\nab",
      "c\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n",
    ],
    ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "ab", "cde"],
    [
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length:5\r\n\r\nabcde"
    ],
    ["HTTP/1.1 200 OK\r\n\r\nab", "cde"],
    ["HTTP/1.0 200 OK\r\n\r\nabcde"],
    [
      "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.api+json; charset=utf-8\r\nConnection: close\r\nContent-Length: 5\r\n\r\nabcde"
    ],
  ]) func `every framing gives the same body`(pieces: [String]) throws {
    let server = ScriptedServer([.request] + pieces.map { .send($0) })
    let harness = try ClientHarness(port: server.port)
    #expect(harness.get() == .success(.init(status: 200, text: "abcde", requests: 1)))
  }

  @Test func `a large body of known length is read whole, and the connection used again`() throws {
    let text = String(repeating: "0123456789abcdef", count: 50_000)
    let server = ScriptedServer([.request, .send(response(text)), .request, .send(response("2"))])
    let harness = try ClientHarness(port: server.port)
    #expect(try harness.get().get().text == text)
    #expect(try harness.get().get().text == "2")
    #expect(server.connections == 1)
  }

  @Test func `a connection closed while idle costs one transparent retry`() throws {
    // The end arrives with the answer and is seen at once, or is found by the next request.
    let server = ScriptedServer(
      [.request, .send(response("1"))], [.request, .send(response("2"))])
    let harness = try ClientHarness(port: server.port) { $0.retries = 0 }
    #expect(try harness.get().get().text == "1")
    #expect(try harness.get().get().text == "2")
    #expect(server.connections == 2)
  }

  @Test func `a request that a closing connection never answered is sent again at no charge`()
    throws
  {
    let server = ScriptedServer(
      [.request, .send(response("1")), .request, .reset],
      [.request, .send(response("2"))])
    let harness = try ClientHarness(port: server.port) { $0.retries = 0 }
    #expect(try harness.get().get().requests == 1)
    #expect(harness.get() == .success(.init(status: 200, text: "2", requests: 2)))
  }

  @Test func `bytes behind an answer are never taken for the next one`() throws {
    let server = ScriptedServer(
      [.request, .send(response("1") + response("forged")), .hang],
      [
        .request,
        .send(
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n2\r\n0\r\n\r\n"
            + response("forged")), .hang,
      ],
      [.request, .send(response("3"))])
    let harness = try ClientHarness(port: server.port)
    for text in ["1", "2", "3"] { #expect(try harness.get().get().text == text) }
    #expect(server.connections == 3)
  }

  @Test func `an answer nobody asked for closes an idle connection`() throws {
    let server = ScriptedServer(
      [.request, .send(response("1")), .send(response("forged")), .hang],
      [.request, .send(response("2"))])
    let harness = try ClientHarness(port: server.port)
    #expect(try harness.get().get().text == "1")
    harness.turn { server.sends == 2 }
    harness.loop.turn(waitingAtMost: .zero)
    #expect(try harness.get().get().text == "2")
  }

  @Test func `an error's body is read past, and the connection used again`() throws {
    let server = ScriptedServer([
      .request, .send(response("404 Not Found", "{}")), .request,
      .send(response("422 Unprocessable Content", String(repeating: "x", count: 20_000))),
      .request, .send(response("1")),
    ])
    let harness = try ClientHarness(port: server.port)
    #expect(harness.get() == .success(.init(status: 404, text: "", requests: 1)))
    #expect(harness.get().code == .upstreamStatus(422))
    #expect(try harness.get().get().text == "1")
    #expect(server.connections == 1)
  }

  @Test func `an idle connection is closed after its time, an old one takes no more requests`()
    throws
  {
    let server = ScriptedServer([.request, .send(response("1")), .hang])
    let harness = try ClientHarness(port: server.port) { $0.idleTimeout = .milliseconds(20) }
    #expect(try harness.get().get().text == "1")
    harness.turn { server.ended == 1 }
    #expect(server.ended == 1)
    let ageing = try ClientHarness(port: server.port) { $0.maximumAge = .zero }
    for _ in 0..<2 { #expect(try ageing.get().get().requests == 1) }
    #expect(server.connections == 3)
  }

  @Test func `more connections are made for calls at a time, and kept`() throws {
    let once: [ScriptedServer.Step] = [.request, .send(response("1"))]
    let server = ScriptedServer((0..<8).flatMap { _ in once })
    let harness = try ClientHarness(port: server.port)
    for _ in 0..<2 {
      var done = 0
      for _ in 0..<4 { harness.start { if case .success = $0 { done += 1 } } }
      harness.turn { done == 4 }
      #expect(done == 4)
    }
    #expect((1...4).contains(server.connections))
    #expect(server.requests.count == 8)
  }

  @Test func `no more than the configured number are under way`() throws {
    let server = ScriptedServer([.request, .send(response("1"))])
    let harness = try ClientHarness(port: server.port) { $0.concurrency = 2 }
    var done = 0
    for _ in 0..<20 {
      harness.start {
        #expect($0.code == nil)
        done += 1
        #expect(harness.shared.health.requestsInFlight <= 2)
      }
    }
    harness.turn { done == 20 }
    #expect(done == 20)
    #expect(harness.shared.health.requestsInFlight == 0)
  }
}
