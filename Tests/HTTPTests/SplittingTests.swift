import HTTP
import Support
import Testing

/// However a message is cut into pieces, the verdict is the same.
struct SplittingTests {
  private static let requests = [
    "GET /v1/a?b=c HTTP/1.1\r\nHost: h\r\nAccept: */*\r\n\r\ntail",
    "\r\nPOST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: h\r\nX: \(String(repeating: "a", count: 1100))\r\n\r\n",
    "GET /\(String(repeating: "a", count: 400)) HTTP/1.1\r\nHost: h\r\n\r\n",
    "PUT / HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\nx",
  ]
  private static let responses = [
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX: y\r\n\r\nabc",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  ]
  private static let bodies = [
    "5\r\nhello\r\n0\r\n\r\nnext", "1;a=\"b\\\"c\" ; d = e\r\nx\r\n0;z\r\nA: b\r\n\r\nnext",
  ]

  @Test func `requests at every byte`() {
    for text in Self.requests {
      let whole = summary(requestVerdict(text))
      for cut in 0...text.utf8.count {
        #expect(summary(requestVerdict(text, cuts: [cut])) == whole, "cut at \(cut): \(text)")
      }
      #expect(summary(requestVerdict(text, cuts: Array(0...text.utf8.count))) == whole)
    }
  }

  @Test func `answers and bodies at every byte`() {
    for text in Self.responses {
      let whole = summary(responseVerdict(text))
      for cut in 0...text.utf8.count {
        #expect(summary(responseVerdict(text, cuts: [cut])) == whole, "cut at \(cut): \(text)")
      }
      #expect(summary(responseVerdict(text, cuts: Array(0...text.utf8.count))) == whole)
    }
    for text in Self.bodies {
      let whole = chunkedVerdict(text)
      for cut in 0...text.utf8.count {
        #expect(chunkedVerdict(text, cuts: [cut]) == whole, "cut at \(cut): \(text)")
      }
      #expect(chunkedVerdict(text, cuts: Array(0...text.utf8.count)) == whole)
    }
  }

  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func `mutated messages at random places`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<400 {
      let request = mutate(Self.requests, &random)
      #expect(
        summary(requestVerdict(request, cuts: random.cuts(request.utf8.count)))
          == summary(requestVerdict(request)), "seed \(seed): \(request.debugDescription)")
      let response = mutate(Self.responses, &random)
      #expect(
        summary(responseVerdict(response, cuts: random.cuts(response.utf8.count)))
          == summary(responseVerdict(response)), "seed \(seed): \(response.debugDescription)")
      let body = mutate(Self.bodies, &random)
      #expect(
        chunkedVerdict(body, cuts: random.cuts(body.utf8.count)) == chunkedVerdict(body),
        "seed \(seed): \(body.debugDescription)")
    }
  }

  private func mutate(_ texts: [String], _ random: inout SeededGenerator) -> String {
    var bytes = Array(texts[Int.random(in: 0..<texts.count, using: &random)].utf8)
    let alphabet = Array("\r\n\t :;,=\"%/?0aG\u{0}\u{7F}".utf8)
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      let index = Int.random(in: 0..<bytes.count, using: &random)
      let byte = alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
      switch Int.random(in: 0...2, using: &random) {
      case 0: bytes[index] = byte
      case 1: bytes.insert(byte, at: index)
      default: bytes.remove(at: index)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func summary(_ verdict: Result<RequestHead?, ProtocolError>) -> String {
    verdict.describe {
      "\($0.method) \($0.path) \($0.query ?? "-") \($0.framing) \($0.byteCount) \(list($0.fields))"
    }
  }

  private func summary(_ verdict: Result<ResponseHead?, ProtocolError>) -> String {
    verdict.describe { "\($0.status) \($0.framing) \($0.byteCount) \(list($0.fields))" }
  }

  private func list(_ fields: Fields) -> String {
    var text = ""
    fields.forEach { text += "\(String(decoding: $0, as: UTF8.self))=\(Array($1));" }
    return text
  }
}

extension Result where Failure == ProtocolError {
  fileprivate func describe<Head>(_ head: (Head) -> String) -> String where Success == Head? {
    switch self {
    case .success(nil): "incomplete"
    case .success(.some(let found)): head(found)
    case .failure(let error): error.description
    }
  }
}
