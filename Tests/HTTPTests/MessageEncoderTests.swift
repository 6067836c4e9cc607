import Bytes
import Foundation
import HTTP
import Support
import Testing

struct MessageEncoderTests {
  private let date = ByteBuffer("Sun, 06 Nov 1994 08:49:37 GMT")

  @Test func `a response head is written with its framing`() throws {
    let buffer = ByteBuffer()
    var fields = Fields([("Content-Type", "text/plain"), ("content-length", "99"), ("Date", "x")])
    fields.append("Transfer-Encoding", "chunked")
    try MessageEncoder.appendResponseHead(
      200, fields, date: date.bytes, contentLength: 5, connection: "close", to: buffer)
    #expect(
      buffer.text == """
        HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/plain\r
        Content-Length: 5\r\nConnection: close\r\n\r\n
        """)
  }

  @Test(arguments: [
    ("X", "a\r\nB: c"), ("X", "a\nb"), ("X", "a\u{0}"), ("X\r\n", "a"), ("X Y", "a"), ("", "a"),
    ("X:", "a"),
  ])
  func `an injection is refused and leaves nothing behind`(name: String, value: String) {
    let buffer = ByteBuffer("before")
    let fields = Fields([("Good", "1"), (name, value)])
    #expect(throws: ProtocolError.self) {
      try MessageEncoder.appendResponseHead(
        200, fields, date: date.bytes, contentLength: 0, connection: nil, to: buffer)
    }
    #expect(buffer.text == "before")
  }

  @Test func `dates agree with Foundation's`() {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(secondsFromGMT: 0)
    formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
    var random = SeededGenerator(seed: 1)
    let fixed: [Int64] = [0, 784_111_777, 951_782_400, 951_868_799, 4_107_542_399, 1_709_164_800]
    for seconds in fixed + (0..<300).map({ _ in .random(in: 0...250_000_000_000, using: &random) })
    {
      let buffer = ByteBuffer()
      HTTPDate.append(secondsSince1970: seconds, to: buffer)
      let expected = formatter.string(from: Date(timeIntervalSince1970: Double(seconds)))
      #expect(buffer.text == expected)
    }
  }
}
