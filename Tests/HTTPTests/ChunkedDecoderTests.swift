import HTTP
import Testing

struct ChunkedDecoderTests {
  @Test(arguments: [
    ("5\r\nhello\r\n0\r\n\r\n", "hello"), ("0\r\n\r\n", ""), ("000\r\n\r\n", ""),
    ("a\r\n0123456789\r\n00A\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789"),
    ("1;a\r\nx\r\n0\r\n\r\n", "x"), ("1;a=b;c=\"d\\\"\r\t\"\r\nx\r\n0\r\n\r\n", nil),
    ("1;a=b;c=\"d\\\" ;\"\r\nx\r\n0;last\r\n\r\n", "x"), ("1 ; a = b\r\nx\r\n0\r\n\r\n", "x"),
    ("1\r\nx\r\n0\r\nA: b\r\nC:\r\n\r\n", "x"),
  ])
  func `the coding is taken off`(text: String, body: String?) {
    let verdict = chunkedVerdict(text + "next")
    guard let body else {
      #expect(verdict.error == 400)
      return
    }
    #expect(
      verdict == ChunkedVerdict(body: body, consumed: text.utf8.count, finished: true, error: nil))
  }

  @Test(arguments: [
    "\r\n", "g\r\n", " 1\r\nx", "-1\r\n", "0x1\r\n", "1\nx", "1\r\nxy\r\n", "1\r\nx\n", "1 \r\nx",
    "1;\r\n", "1;a=\r\n", "1;a \r\n", "1;=b\r\n", "1;a=b c\r\n", "1;a=\"\u{1}\"\r\n", "1\rx",
    "1;a=b\u{0}\r\n", "0000000000000001\r\n", "0\r\nA\r\n", "0\r\n: b\r\n", "0\r\nA : b\r\n",
    "0\r\n A: b\r\n", "0\r\nA: \u{0}\r\n", "0\r\nA: b\n\r\n", "0\r\n\n",
    "1;a=\(String(repeating: "b", count: 9_000))\r\n",
    "0\r\nA: \(String(repeating: "b", count: 9_000))\r\n",
  ])
  func `a chunk outside the grammar is refused`(text: String) {
    #expect(chunkedVerdict(text).error == 400)
  }

  @Test func `a body beyond the limit is refused when its size is said`() {
    #expect(chunkedVerdict("40\r\n").error == nil)
    #expect(chunkedVerdict("41\r\n").error == 413)
    #expect(chunkedVerdict("fffffffffffffff\r\n").error == 413)
    #expect(chunkedVerdict("1\r\nx\r\n40\r\n").error == 413)
  }

  @Test func `an unfinished body is not finished`() {
    #expect(chunkedVerdict("5\r\nhel").finished == false)
    #expect(chunkedVerdict("0\r\n").finished == false)
  }
}
