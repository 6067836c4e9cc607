import HTTP
import Testing

struct RequestHeadParserTests {
  @Test func `a plain request is split into its parts`() throws {
    let head = try #require(
      try requestHead("GET /v1/a%20b?x=1&y HTTP/1.1\r\nHost: h:80\r\nAccept:  a, b \r\n\r\nrest"))
    #expect(head.method == "GET")
    #expect(head.path == "/v1/a%20b")
    #expect(head.query == "x=1&y")
    #expect(head.authority == "h:80")
    #expect(head.fields["accept"] == "a, b")
    #expect(head.fields.elements("Accept") == ["a", "b"])
    #expect(head.framing == .none)
    #expect(head.keepsAlive)
    #expect(head.byteCount == 60)
  }

  @Test(arguments: [
    ("Content-Length: 5\r\n", BodyFraming.length(5)), ("Content-Length: 0\r\n", .none),
    ("Content-Length: 005\r\n", .length(5)), ("Transfer-Encoding: Chunked\r\n", .chunked),
    ("", .none), ("Content-Length: 99999999999999999999\r\n", .length(.max)),
  ])
  func `framing follows the fields`(fields: String, framing: BodyFraming) throws {
    let head = try requestHead("POST / HTTP/1.1\r\nHost: h\r\n\(fields)\r\n")
    #expect(head?.framing == framing)
  }

  @Test(arguments: [
    ("GET  / HTTP/1.1", 400), ("GET / HTTP/1.1 ", 400), (" GET / HTTP/1.1", 400),
    ("GET /", 400), ("GET / http/1.1", 400), ("GET / HTTP/11", 400), ("GET\t/ HTTP/1.1", 400),
    ("GET / HTTP/2.0", 505), ("PRI * HTTP/2.0", 505), ("GET / HTTP/0.9", 505),
    ("G\u{1}T / HTTP/1.1", 400), ("GET /\u{0} HTTP/1.1", 400), ("GET /\u{E9} HTTP/1.1", 400),
    ("GET /a\rb HTTP/1.1", 400), ("GET /a#b HTTP/1.1", 400), ("GET /\"a HTTP/1.1", 400),
    ("GET /%zz HTTP/1.1", 400), ("GET /%4 HTTP/1.1", 400), ("GET /%00 HTTP/1.1", 400),
    ("GET /%C0%AF HTTP/1.1", 400), ("GET /a/../b HTTP/1.1", 400), ("GET /. HTTP/1.1", 400),
    ("GET /%2e%2E/b HTTP/1.1", 400), ("GET /?a=%g0 HTTP/1.1", 400), ("GET /?a b HTTP/1.1", 400),
    ("GET * HTTP/1.1", 400), ("GET a HTTP/1.1", 400), ("GET ftp://h/ HTTP/1.1", 400),
    ("GET http:///a HTTP/1.1", 400), ("GET http://u@h/ HTTP/1.1", 400), ("GET h:80 HTTP/1.1", 400),
    ("GET http://[::1\u{0}]/ HTTP/1.1", 400),
    ("CONNECT / HTTP/1.1", 400), ("CONNECT h HTTP/1.1", 400), ("CONNECT u@h:1 HTTP/1.1", 400),
    ("GET /\(String(repeating: "a", count: 256)) HTTP/1.1", 414),
    ("GET /\(String(repeating: "a", count: 600))", 414),
    ("\(String(repeating: "A", count: 33)) / HTTP/1.1", 501),
    ("\(String(repeating: "A", count: 700))", 501), ("\u{16}\u{3}\u{1}", 400),
  ])
  func `a request line outside the grammar is refused`(line: String, status: Int) {
    #expect(requestStatus("\(line)\r\nHost: h\r\n\r\n") == status)
  }

  @Test(arguments: [
    ("Host : h\r\n", 400), (" Host: h\r\n", 400), ("Host: h\r\n folded\r\n", 400),
    ("Host: h\r\n\tfolded\r\n", 400), ("Host: h\r\nX\r\n", 400), ("Host: h\r\n: x\r\n", 400),
    ("Host: h\r\nX(: 1\r\n", 400), ("Host: h\r\nX: a\u{0}b\r\n", 400),
    ("Host: h\r\nX: a\u{7F}b\r\n", 400), ("Host: h\r\nX: a\rb\r\n", 400),
    ("Host: h\r\nX: long enough for a word \u{1}\r\n", 400), ("Host: h\nX: 1\r\n", 400),
    ("\r\n", 400), ("Host: \r\n", 400), ("Host: a\r\nHost: a\r\n", 400),
    ("Host: u@h\r\n", 400), ("Host: h:x\r\n", 400), ("Host: h:70000\r\n", 400),
    ("Host: [::1\r\n", 400), ("Host: [::1\u{0}]\r\n", 400), ("Host: a b\r\n", 400),
    ("Host: a,b:1:2\r\n", 400),
    ("Host: h%4\r\n", 400), ("Host: h/a\r\n", 400),
    ("Host: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n", 400),
    ("Host: h\r\nContent-Length: 1, 1\r\n", 400), ("Host: h\r\nContent-Length: +1\r\n", 400),
    ("Host: h\r\nContent-Length: -1\r\n", 400), ("Host: h\r\nContent-Length:\r\n", 400),
    ("Host: h\r\nContent-Length: 0x1\r\n", 400), ("Host: h\r\nContent-Length: 1 1\r\n", 400),
    ("Host: h\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n", 400),
    ("Host: h\r\nTransfer-Encoding:\r\n", 400), ("Host: h\r\nTransfer-Encoding: gzip\r\n", 400),
    ("Host: h\r\nTransfer-Encoding: chunked, gzip\r\n", 400),
    ("Host: h\r\nTransfer-Encoding: chunked, chunked\r\n", 400),
    ("Host: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400),
    ("Host: h\r\nTransfer-Encoding: , chunked\r\n", 400),
    ("Host: h\r\nTransfer-Encoding: chunked;q=1\r\n", 400),
    ("Host: h\r\nTransfer-Encoding: \u{B}chunked\r\n", 400),
    ("Host: h\r\nTransfer-Encoding: gzip, chunked\r\n", 501),
    ("Host: h\r\nExpect: 200-ok\r\n", 417), ("Host: h\r\nConnection: a b\r\n", 400),
    (String(repeating: "A: b\r\n", count: 9), 431),
    ("Host: h\r\nX: \(String(repeating: "a", count: 1100))\r\n", 431),
  ])
  func `fields outside the grammar are refused`(fields: String, status: Int) {
    #expect(requestStatus("GET / HTTP/1.1\r\n\(fields)\r\n") == status)
  }

  @Test(arguments: [
    ("GET http://a:1/b?c HTTP/1.1", "/b", "a:1"), ("GET HTTP://a HTTP/1.1", "/", "a"),
    ("GET http://a?b HTTP/1.1", "/", "a"), ("OPTIONS * HTTP/1.1", "*", "h"),
    ("OPTIONS http://a HTTP/1.1", "*", "a"), ("CONNECT a:443 HTTP/1.1", "", "a:443"),
    ("GET //a HTTP/1.1", "//a", "h"), ("GET /a%2Fb HTTP/1.1", "/a%2Fb", "h"),
    ("GET /...a/.b HTTP/1.1", "/...a/.b", "h"), ("GET http://[::1]:8/ HTTP/1.1", "/", "[::1]:8"),
  ])
  func `target forms give path and authority`(line: String, path: String, authority: String) throws
  {
    let head = try #require(try requestHead("\(line)\r\nHost: h\r\n\r\n"))
    #expect(head.path == path)
    #expect(head.authority == authority)
  }

  @Test func `one empty line before a request is ignored, a second is not`() throws {
    #expect(try requestHead("\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n") != nil)
    #expect(requestStatus("\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n") == 400)
  }

  @Test func `HTTP 1.0 needs no Host, has no codings and closes unless asked`() throws {
    #expect(try requestHead("GET / HTTP/1.0\r\n\r\n")?.keepsAlive == false)
    #expect(
      try requestHead("GET / HTTP/1.0\r\nConnection: x, Keep-Alive\r\n\r\n")?.keepsAlive == true)
    #expect(requestStatus("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == 400)
    #expect(
      try requestHead("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n")?.expectsContinue == false)
  }

  @Test func `a close option ends the connection`() throws {
    let head = try requestHead("GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, CLOSE\r\n\r\n")
    #expect(head?.keepsAlive == false)
  }

  @Test func `TRACE with a body is refused`() {
    #expect(requestStatus("TRACE / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n") == 400)
  }

  @Test func `a bad escape in the query names its parameter`() {
    guard
      case .failure(let error) = requestVerdict("GET /?a=1&limit=%4x HTTP/1.1\r\nHost: h\r\n\r\n")
    else { Issue.record("accepted"); return }
    #expect(error.parameter == "limit")
  }

  @Test func `a head of exactly the limit passes and one byte more does not`() throws {
    let start = "GET / HTTP/1.1\r\nHost: h\r\nX: "
    let fill = String(repeating: "a", count: 1024 - start.utf8.count - 4)
    #expect(try requestHead("\(start)\(fill)\r\n\r\n")?.byteCount == 1024)
    #expect(requestStatus("\(start)\(fill)a\r\n\r\n") == 431)
  }
}
