import Bytes
import HTTP
import Support
import Testing

/// The parser and the oracle accept the same heads and read the same out of them.
struct DifferentialTests {
  private static let lines = [
    "GET / HTTP/1.1", "GET /a/b%20c?d=e%2F&f HTTP/1.1", "OPTIONS * HTTP/1.1", "POST /. HTTP/1.0",
    "GET http://a.b:80/c?d HTTP/1.1", "CONNECT a:443 HTTP/1.1", "TRACE /a HTTP/1.1",
    "PUT /..a/%2e./b HTTP/1.1", "OPTIONS HTTPS://[::1]:8 HTTP/1.1", "GET http://a?b HTTP/1.9",
  ]
  private static let fields = [
    "Host: h", "Host: [::1]:80", "host:a%20b:", "Content-Length: 5", "Content-Length: 0",
    "Transfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked", "Connection: close, x",
    "Expect: 100-Continue", "X-Long: a \"b\" c d e f g h i j k l m", "Empty:", "Accept: */*\t ",
  ]

  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func `heads made of grammar and accidents`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var accepted = 0
    for _ in 0..<500 {
      let bytes = Self.head(&random)
      let expected = GrammarOracle.head(bytes)
      let text = String(decoding: bytes, as: UTF8.self).debugDescription
      #expect(Self.parsed(bytes) == expected, "seed \(seed): \(text)")
      if expected != nil { accepted += 1 }
    }
    #expect(accepted > 50 && accepted < 450, "the input is too good or too bad: \(accepted)")
  }

  /// A head of random lines, in most cases with a Host, with up to two bytes changed.
  private static func head(_ random: inout SeededGenerator) -> [UInt8] {
    var parts = [lines[Int.random(in: 0..<lines.count, using: &random)]]
    if Int.random(in: 0..<5, using: &random) > 0 { parts.append("Host: h") }
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      parts.append(fields[Int.random(in: 0..<fields.count, using: &random)])
    }
    var bytes = Array((parts.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    let alphabet = Array("\r\n\t :;,=%/?.*@[]-#0aG1\"\u{0}\u{7F}".utf8) + [0x80, 0xE9, 0xFF]
    for _ in 0..<Int.random(in: 0...2, using: &random) {
      let index = Int.random(in: 0..<bytes.count, using: &random)
      let byte = alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
      switch Int.random(in: 0...2, using: &random) {
      case 0: bytes[index] = byte
      case 1: bytes.insert(byte, at: index)
      default: bytes.remove(at: index)
      }
    }
    return bytes
  }

  /// What the real parser makes of it, in the oracle's words.
  private static func parsed(_ bytes: [UInt8]) -> GrammarOracle.Head? {
    var parser = RequestHeadParser()
    let buffer = ByteBuffer(bytes)
    guard let head = try? parser.parse(buffer.bytes) else { return nil }
    var fields: [[String]] = []
    head.fields.forEach { name, value in fields.append([latin1(name), latin1(value)]) }
    return GrammarOracle.Head(
      method: head.method, path: head.path, query: head.query, framing: "\(head.framing)",
      fields: fields, length: head.byteCount)
  }

  private static func latin1(_ bytes: ArraySlice<UInt8>) -> String {
    String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
  }
}
