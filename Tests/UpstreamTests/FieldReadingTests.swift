import Bytes
import HTTP
import Support
import Testing
import Transport

@testable import Upstream

@Suite struct FieldReadingTests {
  @Test(arguments: [
    ("0", 0), ("120", 120), ("99999999999999999999", 9_999_999_999),
    ("Sun, 06 Nov 1994 08:49:37 GMT", 37), ("Sunday, 06-Nov-94 08:49:37 GMT", 37),
    ("Sun Nov  6 08:49:37 1994", 37), ("Sun, 06 Nov 1994 08:48:00 GMT", 0),
    ("Thu, 29 Feb 1996 00:00:00 GMT", 41_440_260),
  ]) func `retry-after is read in all its forms`(text: String, seconds: Int64) {
    // Sun, 06 Nov 1994 08:49:00 GMT
    #expect(RetryAfter.delay(text, wallSeconds: 784_111_740) == .seconds(seconds))
  }

  @Test(arguments: ["", "-1", "1.5", "soon", "Sun, 32 Nov 1994 08:49:37 GMT", "1 2 3 4 5"])
  func `another retry-after is none`(text: String) {
    #expect(RetryAfter.delay(text, wallSeconds: 784_111_740) == nil)
  }

  @Test(arguments: [
    ([("RateLimit-Remaining", "5"), ("RateLimit-Reset", "30")], 5, 30),
    ([("ratelimit", "\"default\";r=5;t=30")], 5, 30),
    ([("RateLimit", "limit=100, remaining=5, reset=30")], 5, 30),
    ([("RateLimit", "\"a\";r=50;t=9, \"b\";r=5;t=30")], 5, 30),
  ]) func `a limit is read in old and new spelling`(
    fields: [(String, String)], remaining: Int, seconds: Int
  ) {
    #expect(
      RateLimitAdvice(Fields(fields))
        == RateLimitAdvice(remaining: remaining, reset: .seconds(seconds)))
  }

  @Test func `half a limit is none`() {
    #expect(RateLimitAdvice(Fields([("RateLimit-Remaining", "5")])) == nil)
    #expect(
      RateLimitAdvice(Fields([("RateLimit-Remaining", "-5"), ("RateLimit-Reset", "1")])) == nil)
    #expect(RateLimitAdvice(Fields([("RateLimit", "r=x;t=1")])) == nil)
  }

  @Test func `json is known by its type`() {
    for type in ["application/json", "Application/JSON ; charset=utf-8", "application/x+json"] {
      #expect(Exchange.isJSON(type))
    }
    for type in ["text/html", "application/jsonp", "+json", "text/plain; a=application/json", ""] {
      #expect(!Exchange.isJSON(type))
    }
  }

  @Test func `an origin is read, and a bad one refused with what is wrong`() throws {
    let plain = try UpstreamOrigin("http://127.0.0.1:8081")
    #expect(plain.authority == "127.0.0.1:8081" && !plain.isSecure && plain.pathPrefix == "")
    let full = try UpstreamOrigin("https://API.example.com:443/a/b//")
    #expect(full.authority == "api.example.com" && full.port == 443 && full.pathPrefix == "/a/b")
    let six = try UpstreamOrigin("http://[::1]:80")
    #expect(six.host == "::1" && six.authority == "[::1]")
    for bad in [
      "ftp://x", "http://", "http://x:0", "http://x:65536", "http://x:", "http://u@x", "http://x?y",
      "http://x y", "http://[x]", "http://[::1", "http://é", "x", "http://x\r\nA: b",
    ] {
      #expect(throws: UpstreamOrigin.Mistake.self, "\(bad)") { try UpstreamOrigin(bad) }
    }
  }

  @Test func `a secret does not show itself`() {
    let secret = Secret("hunter2")
    var dumped = ""
    dump(secret, to: &dumped)
    for text in ["\(secret)", String(reflecting: secret), dumped, "\([secret])"] {
      #expect(!text.contains("hunter2"))
    }
    #expect("\(secret)" == "<redacted>")
  }

  @Test func `fields that callers add cannot add others`() throws {
    var configuration = UpstreamConfiguration(
      name: "x", origin: try UpstreamOrigin("http://h"),
      credential: .init(fieldName: "X-API-KEY", value: Secret("k")))
    configuration.userAgent = "bad\r\nagent: x"
    let buffer = ByteBuffer()
    RequestTemplate(configuration).append(
      target: "/t", fields: Fields([("traceparent", "00-1"), ("a b", "c"), ("d", "e\r\nf: g")]),
      to: buffer)
    #expect(
      buffer.text
        == "GET /t HTTP/1.1\r\nHost: h\r\naccept: application/json\r\naccept-encoding: gzip\r\n"
        + "x-api-key: k\r\ntraceparent: 00-1\r\n\r\n")
  }
}

@Suite struct GzipInflaterTests {
  private let text = Array(String(repeating: "sessions and sessions ", count: 9000).utf8)

  @Test(arguments: 0..<10 as Range<UInt64>)
  func `any split of one or two members gives the whole`(seed: UInt64) throws {
    var random = SeededRandom(seed)
    var rest = (gzipped(text) + (seed % 2 == 0 ? gzipped(text) : []))[...]
    let inflater = GzipInflater()
    let body = ByteBuffer()
    while !rest.isEmpty {
      let piece = Array(rest.prefix(Int.random(in: 1...300, using: &random)))
      rest = rest.dropFirst(piece.count)
      try piece.withUnsafeBytes { try inflater.inflate($0, into: body, limit: 1 << 20) }
    }
    try inflater.finish()
    #expect(body.bytes.elementsEqual(seed % 2 == 0 ? text + text : text), "seed \(seed)")
  }

  @Test func `a bomb stops at the limit, and its memory with it`() {
    let bomb = gzipped([UInt8](repeating: 0, count: 20_000_000))
    #expect(bomb.count < 30_000)
    let body = ByteBuffer()
    #expect(throws: GzipInflater.Fault.tooLarge) {
      try bomb.withUnsafeBytes { try GzipInflater().inflate($0, into: body, limit: 100_000) }
    }
    #expect(body.capacity < 400_000)
  }

  @Test func `what ends early or is changed is broken`() throws {
    let good = gzipped(text)
    let cut = GzipInflater()
    try Array(good.dropLast()).withUnsafeBytes {
      try cut.inflate($0, into: ByteBuffer(), limit: 1 << 20)
    }
    #expect(throws: GzipInflater.Fault.broken) { try cut.finish() }
    var changed = good
    changed[changed.count - 6] ^= 1
    #expect(throws: GzipInflater.Fault.broken) {
      try changed.withUnsafeBytes {
        try GzipInflater().inflate($0, into: ByteBuffer(), limit: 1 << 20)
      }
    }
  }

  @Test(arguments: [false, true]) func `a zipped answer arrives unpacked`(chunked: Bool) throws {
    let zipped = gzipped(text)
    let head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
    let steps: [ScriptedServer.Step] =
      chunked
      ? [
        .send(head + "Transfer-Encoding: chunked\r\n\r\n\(String(zipped.count, radix: 16))\r\n"),
        .sendBytes(zipped), .send("\r\n0\r\n\r\n"),
      ]
      : [.send(head + "Content-Length: \(zipped.count)\r\n\r\n"), .sendBytes(zipped)]
    let server = ScriptedServer([.request] + steps + [.request, .send(response("2"))])
    let harness = try ClientHarness(port: server.port)
    #expect(try harness.get().get().text == String(decoding: text, as: UTF8.self))
    #expect(try harness.get().get().text == "2")
    #expect(server.connections == 1)
  }

  @Test func `a bomb is a bad payload`() throws {
    let bomb = gzipped([UInt8](repeating: 0x20, count: 5_000_000))
    let server = ScriptedServer([
      .request,
      .send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(bomb.count)\r\n\r\n"),
      .sendBytes(bomb),
    ])
    let harness = try ClientHarness(port: server.port) { $0.responseBytes = 100_000 }
    #expect(harness.get().code == .badPayload)
  }
}
