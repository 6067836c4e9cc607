import Support
import Testing

/// In which order the gateway says no: what it cannot frame before where it leads.
@Suite struct FramingTests {
  @Test(arguments: [
    ("POST /nowhere", "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "bad-request"),
    ("POST /v1/sessions", "Transfer-Encoding: chunked\r\n\r\n5\r\nabcdeX", 400, "bad-request"),
    (
      "DELETE /v1/sources", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400,
      "bad-request"
    ),
    ("PATCH /", "Content-Length: 1, 1\r\n\r\na", 400, "bad-request"),
    ("BREW /nowhere", "Content-Length: x\r\n\r\n", 400, "bad-request"),
    ("POST /nowhere", "Content-Length: 99999999\r\n\r\n", 413, "too-large"),
    ("BREW /v1/sessions", "\r\n", 501, "not-implemented"),
    ("CONNECT localhost:80", "\r\n", 501, "not-implemented"),
    ("POST /nowhere", "Content-Length: 1\r\n\r\na", 404, "not-found"),
  ]) func `framing is judged before the route`(
    line: String, rest: String, status: Int, kind: String
  ) throws {
    let answer = try ask("\(line) HTTP/1.1\r\nHost: localhost\r\n\(rest)")
    #expect(answer.status == status)
    #expect(answer.body.contains("urn:sessions-gateway:problem:\(kind)"))
    if status == 400 || status == 413 || line.hasPrefix("CONNECT") {
      #expect(answer.head.contains("\r\nConnection: close\r\n"))
    }
  }

  @Test(arguments: ["POST", "PUT", "DELETE", "PATCH", "TRACE"])
  func `a known method that does not fit is answered 405 with Allow`(method: String) throws {
    let answer = try ask("\(method) /v1/sessions HTTP/1.1\r\nHost: localhost\r\n\r\n")
    #expect(answer.status == 405)
    #expect(answer.head.contains("\r\nAllow: GET, HEAD, OPTIONS\r\n"), "\(answer.head)")
  }

  @Test func `HTTP 2 without TLS is told the versions there are`() throws {
    let answer = try ask("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    #expect(answer.status == 505)
    #expect(answer.body.contains("version-not-supported"))
  }

  private func ask(_ request: String) throws -> RawClient.Answer {
    let fixture = try GatewayFixture(sessions: 1)
    let client = try RawClient(port: fixture.gateway.address.port)
    try client.send(request)
    return try #require(try client.answer())
  }
}
