import Bytes
import FuzzTargets
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

  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func `answers' heads made of grammar and accidents`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var accepted = 0
    for _ in 0..<400 {
      let bytes = Self.head(&random, lines: Self.statusLines)
      let text = String(decoding: bytes, as: UTF8.self).debugDescription
      for answersHead in [false, true] {
        let expected = GrammarOracle.answer(bytes, answersHead: answersHead)
        #expect(
          Self.parsed(bytes, answersHead: answersHead) == expected, "seed \(seed): \(text)")
        if expected != nil { accepted += 1 }
      }
    }
    #expect(accepted > 50 && accepted < 750, "the input is too good or too bad: \(accepted)")
  }

  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func `chunked bodies made of grammar and accidents, cut at every byte`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var accepted = 0
    for _ in 0..<200 {
      let bytes = Self.chunks(&random)
      let comment: Comment =
        "seed \(seed): \(String(decoding: bytes, as: UTF8.self).debugDescription)"
      let expected = ChunkedOracle.read(bytes, limit: 64)
      #expect(ChunkedBodyFuzz.decoded(bytes, [], limit: 64) == expected, comment)
      for cut in 0...bytes.count {
        #expect(ChunkedBodyFuzz.decoded(bytes, [cut], limit: 64) == expected, comment)
      }
      if case .complete = expected { accepted += 1 }
    }
    #expect(accepted > 20 && accepted < 180, "the input is too good or too bad: \(accepted)")
  }

  private static let statusLines = [
    "HTTP/1.1 200 OK", "HTTP/1.0 200", "HTTP/1.1 304 ", "HTTP/1.1 100 Continue", "HTTP/1.1 204 x",
    "HTTP/1.1 503 \t", "HTTP/1.9 599 a b", "HTTP/1.1 600 x", "HTTP/2.0 200 OK",
  ]

  /// A body of random chunks with up to two bytes changed.
  private static func chunks(_ random: inout SeededGenerator) -> [UInt8] {
    let extensions = ["", ";a", " ; a = b", ";a=\"b\\\"c;\";d", ";a ;b=\"\""]
    var text = ""
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      let data = String(repeating: "x", count: Int.random(in: 1...20, using: &random))
      text += (random.chance(0.2) ? "0" : "") + String(data.count, radix: 16)
      text += (extensions.randomElement(using: &random) ?? "") + "\r\n\(data)\r\n"
    }
    text += "0\(extensions.randomElement(using: &random) ?? "")\r\n"
    text += ["", "", "A: b\r\n", "A:\r\nB: \t c\r\n"].randomElement(using: &random) ?? ""
    return mutated(Array((text + "\r\n" + (random.chance(0.3) ? "next" : "")).utf8), &random)
  }

  /// A head of random lines, in most cases with a Host, with up to two bytes changed.
  private static func head(
    _ random: inout SeededGenerator, lines: [String] = Self.lines
  ) -> [UInt8] {
    var parts = [lines[Int.random(in: 0..<lines.count, using: &random)]]
    if Int.random(in: 0..<5, using: &random) > 0 { parts.append("Host: h") }
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      parts.append(fields[Int.random(in: 0..<fields.count, using: &random)])
    }
    return mutated(Array((parts.joined(separator: "\r\n") + "\r\n\r\n").utf8), &random)
  }

  private static func mutated(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
    var bytes = bytes
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

  private static func parsed(_ bytes: [UInt8], answersHead: Bool) -> GrammarOracle.Head? {
    var parser = ResponseHeadParser(answersHead: answersHead)
    let buffer = ByteBuffer(bytes)
    guard let head = try? parser.parse(buffer.bytes) else { return nil }
    var fields: [[String]] = []
    head.fields.forEach { name, value in fields.append([latin1(name), latin1(value)]) }
    return GrammarOracle.Head(
      method: "", path: "\(head.status.rawValue)", query: nil, framing: "\(head.framing)",
      fields: fields, length: head.byteCount)
  }

  private static func latin1(_ bytes: ArraySlice<UInt8>) -> String {
    String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
  }
}
