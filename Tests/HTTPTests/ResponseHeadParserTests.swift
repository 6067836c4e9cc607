import HTTP
import Testing

struct ResponseHeadParserTests {
  @Test(arguments: [
    ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", BodyFraming.length(3), true),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", .chunked, true),
    ("HTTP/1.1 200 OK\r\n\r\n", .untilClose, false),
    ("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", .none, true),
    ("HTTP/1.1 204 No Content\r\n\r\n", .none, true),
    ("HTTP/1.1 304 \r\nContent-Length: 9\r\n\r\n", .none, true),
    ("HTTP/1.1 100 Continue\r\n\r\n", .none, true),
    ("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n", .length(1), false),
    ("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n", .length(1), false),
    ("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\n", .length(1), true),
  ])
  func `framing and reuse follow status and fields`(
    text: String, framing: BodyFraming, keepsAlive: Bool
  ) throws {
    let head = try #require(try responseVerdict(text).get())
    #expect(head.framing == framing)
    #expect(head.keepsAlive == keepsAlive)
    #expect(head.byteCount == text.utf8.count)
  }

  @Test func `the answer to HEAD has no body whatever it says`() throws {
    let head = try responseVerdict(
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", answersHead: true
    ).get()
    #expect(head?.framing == BodyFraming.none)
  }

  @Test func `an informational head is told apart`() throws {
    #expect(try responseVerdict("HTTP/1.1 103 Early\r\n\r\n").get()?.isInformational == true)
    #expect(try responseVerdict("HTTP/1.1 200 OK\r\n\r\n").get()?.isInformational == false)
  }

  @Test(arguments: [
    "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n",
    "HTTP/1.1  200 OK\r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n", "HTTP/1.1 600 OK\r\n\r\n",
    "HTTP/1.1 200 O\u{1}K\r\n\r\n", "ICY 200 OK\r\n\r\n", "<html>",
    "HTTP/1.1 200 OK\n\n", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n",
    "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
  ])
  func `an answer outside the grammar is refused`(text: String) {
    #expect(throws: ProtocolError.self) { try responseVerdict(text).get() }
  }
}
