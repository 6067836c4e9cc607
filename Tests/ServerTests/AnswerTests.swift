import Bytes
import HTTP
import Server
import Support
import Testing

/// What goes out with an answer.
struct AnswerTests {
  private func answer(
    to request: String, bodiless: Bool = false,
    _ script: @escaping @Sendable (Request, any Responder) -> Void
  ) throws -> RawClient.Answer {
    var found: RawClient.Answer?
    try withServer(handler: { _ in ScriptedHandler(script) }) { group in
      let client = try RawClient(port: group.address.port)
      try client.send(request + ConformanceRule.followUp)
      found = try client.answer(bodiless: bodiless)
      #expect(try client.answer()?.status == found?.status, "the connection lost step")
    }
    return try #require(found)
  }

  @Test func `Date and Content-Length are added`() throws {
    let answer = try answer(to: "GET / HTTP/1.1\r\nHost: h\r\n\r\n") { $1.respond(text("hello")) }
    #expect(answer.body == "hello")
    #expect(answer.head.contains("\r\nContent-Length: 5\r\n"))
    let date = try #require(answer.head.split(separator: "\r\n").first { $0.hasPrefix("Date: ") })
    #expect(date.hasSuffix(" GMT") && date.utf8.count == 35)
    #expect(!answer.head.contains("Connection"))
  }

  @Test func `HEAD has the length of GET and no body`() throws {
    let answer = try answer(to: "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n", bodiless: true) {
      $1.respond(text("hello"))
    }
    #expect(answer.head.contains("\r\nContent-Length: 5\r\n"))
  }

  @Test(arguments: [204, 304])
  func `a status without a body has none and no length`(status: Int) throws {
    let answer = try answer(to: "GET / HTTP/1.1\r\nHost: h\r\n\r\n") {
      $1.respond(text("hello", status: Status(rawValue: status)))
    }
    #expect(answer.status == status)
    #expect(!answer.head.contains("Content-Length"))
  }

  @Test func `an answer without a body has length 0`() throws {
    let answer = try answer(to: "GET / HTTP/1.1\r\nHost: h\r\n\r\n") { $1.respond(Response(404)) }
    #expect(answer.head.contains("\r\nContent-Length: 0\r\n"))
  }

  @Test func `a handler cannot set framing fields`() throws {
    let answer = try answer(to: "GET / HTTP/1.1\r\nHost: h\r\n\r\n") {
      let fields = Fields([("Content-Length", "1"), ("Transfer-Encoding", "chunked"), ("X", "y")])
      $1.respond(Response(200, fields: fields, body: ByteBuffer("hello")))
    }
    #expect(answer.body == "hello")
    #expect(answer.head.contains("X: y"))
    #expect(!answer.head.contains("chunked"))
  }

  @Test func `a field with a line break is not sent`() throws {
    try withServer(
      handler: { _ in
        ScriptedHandler {
          $1.respond(Response(200, fields: Fields([("X", "a\r\nSet-Cookie: b")])))
        }
      },
      { group in
        let client = try RawClient(port: group.address.port)
        try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        let answers = try client.answersToEnd()
        #expect(answers.map(\.status) == [500])
        #expect(answers.first?.head.contains("Set-Cookie") == false)
      })
  }

  @Test func `HTTP 1.0 with keep-alive is told so`() throws {
    let answer = try answer(to: "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n") {
      $1.respond(text("hello"))
    }
    #expect(answer.head.contains("\r\nConnection: keep-alive\r\n"))
  }

  @Test func `a second answer does nothing`() throws {
    let answer = try answer(to: "GET / HTTP/1.1\r\nHost: h\r\n\r\n") {
      $1.respond(text("first"))
      $1.respond(text("second"))
    }
    #expect(answer.body == "first")
  }

  @Test func `100 Continue comes before the body is sent`() throws {
    try withServer { group in
      let client = try RawClient(port: group.address.port)
      try client.send(
        "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
      #expect(try client.answer()?.status == 100)
      try client.send("ab")
      #expect(try client.answer()?.body == "ab")
    }
  }

  @Test func `an error before a handler is shaped by the configuration`() throws {
    var configuration = ServerConfiguration()
    configuration.errorResponse = { error in
      Response(
        error.status, fields: Fields([("Content-Type", "application/problem+json")]),
        body: ByteBuffer("{\"detail\":\"\(error.detail)\",\"p\":\"\(error.parameter ?? "")\"}"))
    }
    try withServer(configuration) { group in
      let client = try RawClient(port: group.address.port)
      try client.send("GET /?limit=%zz HTTP/1.1\r\nHost: h\r\n\r\n")
      let answer = try #require(try client.answer())
      #expect(answer.head.contains("application/problem+json"))
      #expect(answer.body.contains("\"p\":\"limit\""))
    }
  }

  @Test func `a large answer to a slow reader arrives whole`() throws {
    let size = 4_000_000
    try withServer(
      handler: { _ in
        ScriptedHandler {
          $1.respond(text(String(repeating: $0.path == "/a" ? "a" : "b", count: size)))
        }
      },
      { group in
        let client = try RawClient(port: group.address.port, receiveBuffer: 4096)
        try client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try client.answer()?.body == String(repeating: "a", count: size))
        #expect(try client.answer()?.body == String(repeating: "b", count: size))
      })
  }

  @Test func `a client that half-closes gets every answer`() throws {
    try withServer { group in
      let client = try RawClient(port: group.address.port)
      try client.send(String(repeating: "GET / HTTP/1.1\r\nHost: h\r\n\r\n", count: 3))
      client.shutDownWriting()
      #expect(try client.answersToEnd().map(\.status) == [200, 200, 200])
    }
  }

  @Test func `a client that keeps sending reads the error before the reset`() throws {
    try withServer { group in
      let client = try RawClient(port: group.address.port)
      try client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 900000\r\n\r\n")
      try client.send([UInt8](repeating: 0x61, count: 900_000))
      #expect(try client.answersToEnd().map(\.status) == [413])
    }
  }
}
