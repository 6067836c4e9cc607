import Support

/// What can go wrong with a source, and what becomes of it: the rows of the matrix.
struct FaultRow: Sendable {
  let name: String
  let fault: FaultySource.Fault
  /// The code of the page's failure; nil: the page is whole all the same.
  let code: String?
  /// Whether it takes all the time that there is.
  let hangs: Bool
  /// Of the source.
  let deadline: Duration
  /// Requests that the page counts; nil: not fixed.
  let requests: Int?
  /// A page before this one, without a fault.
  let warmsUp: Bool

  init(
    _ name: String, _ fault: FaultySource.Fault, _ code: String?, requests: Int? = nil,
    hangs: Bool = false, deadline: Duration = .seconds(3), warmsUp: Bool = false
  ) {
    self.name = name
    self.fault = fault
    self.code = code
    self.requests = requests
    self.warmsUp = warmsUp
    self.hangs = hangs
    self.deadline = hangs ? .milliseconds(400) : deadline
  }
}

enum FaultMatrix {
  static let responseBytes = 200_000

  static let rows = network + tls + framing + content + statuses + http2

  private static let ok = response(FaultySource.list)

  private static let network: [FaultRow] = [
    .init("DNS failure", .names([]), "dns", requests: 1),
    .init("DNS hangs", .names(nil), "timeout", requests: 1, hangs: true),
    .init("connection refused", .refused, "connect", requests: 1),
    // TCP has no broadcast: the kernel says that the network is unreachable.
    .init("unreachable", .names(["255.255.255.255"]), "connect", requests: 1),
    .init("connect hangs", .connectHangs, "timeout", requests: 1, hangs: true),
    .init("one address dead of two", .names(["127.0.0.2", "127.0.0.1"]), nil, requests: 1),
    .init("one address hangs of two", .oneAddressHangs, nil, requests: 1),
    .init("reset at once", .plain([.reset]), "connect", requests: 2),
    .init("reset after the request", .plain([.request, .reset]), "connect", requests: 2),
    .init("closed after the request", .plain([.request]), "connect", requests: 2),
    .init(
      "hangs before the answer", .plain([.request, .hang]), "timeout", requests: 1, hangs: true),
    .init(
      "idle connection half-closed", .once([.request, .send(ok)], [.answers(ok)]), nil,
      requests: 1, warmsUp: true),
    .init(
      "idle connection reset by the next request",
      .once([.request, .send(ok), .request, .reset], [.answers(ok)]), nil, requests: 2,
      warmsUp: true),
  ]

  private static let tls: [FaultRow] = [
    .init(
      "expired certificate", .secure([.secure(ServerTLS(certificate: "expired"))]), "tls",
      requests: 1),
    .init(
      "certificate of another host", .secure([.secure(ServerTLS(certificate: "wrongHost"))]), "tls",
      requests: 1),
    .init(
      "certificate of an unknown authority", .secure([.secure(ServerTLS(certificate: "other"))]),
      "tls", requests: 1),
    // handshake_failure, fatal (RFC 8446, 6).
    .init(
      "TLS alert", .secure([.sendBytes([0x15, 3, 3, 0, 2, 2, 40]), .hang]), "tls", requests: 1),
    .init(
      "plain text on a TLS port", .secure([.send("HTTP/1.1 400 Bad Request\r\n\r\n"), .hang]),
      "tls", requests: 1),
    .init(
      "TLS on a plain port", .plain([.request, .sendBytes([0x15, 3, 3, 0, 2, 2, 10])]), "protocol",
      requests: 1),
    .init("TLS handshake hangs", .secure([.hang]), "timeout", requests: 1, hangs: true),
    .init("TLS handshake closed", .secure([.hello]), "tls", requests: 2),
    .init("TLS handshake reset", .secure([.hello, .reset]), "tls", requests: 2),
  ]

  private static let framing: [FaultRow] = [
    .init(
      "reset within the head", .plain([.request, .send("HTTP/1.1 200 OK\r\nCo"), .reset]),
      "protocol", requests: 2),
    .init(
      "reset within the body",
      .plain([.request, .send("HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n{"), .reset]),
      "protocol", requests: 2),
    .init(
      "closed within the head", .plain([.request, .send("HTTP/1.1 200 OK\r\nCo")]), "protocol",
      requests: 2),
    .init(
      "hangs within the head", .plain([.request, .send("HTTP/1.1 200 OK\r\nCo"), .hang]), "timeout",
      requests: 1, hangs: true),
    .init(
      "body truncated",
      .plain([.request, .send("HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n{\"data\":[")]),
      "protocol", requests: 2),
    .init(
      "chunks truncated",
      .plain([.request, .send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{\"dat")]),
      "protocol", requests: 2),
    .init(
      "hangs within the body",
      .plain([.request, .send("HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n{\"data\":["), .hang]
      ),
      "timeout", requests: 1, hangs: true),
    .init("slow drip", .plain([.request, .drip(ok)]), "timeout", requests: 1, hangs: true),
    .init("garbage for HTTP", .plain([.request, .send("SSH-2.0-x\r\n\r\n")]), "protocol"),
    .init(
      "oversize header",
      .plain([
        .request, .send("HTTP/1.1 200 OK\r\n" + String(repeating: "A: b\r\n", count: 20_000)),
        .hang,
      ]), "protocol", requests: 1),
    .init(
      "oversize body by its length",
      .plain([.request, .send("HTTP/1.1 200 OK\r\nContent-Length: 200001\r\n\r\n"), .hang]),
      "badPayload", requests: 1),
    .init(
      "oversize body in chunks",
      .plain([
        .request,
        .send(
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            + String(repeating: "1000\r\n\(String(repeating: " ", count: 4096))\r\n", count: 60)),
        .hang,
      ]), "badPayload", requests: 1),
    .init(
      "trailing garbage", .plain([.request, .send(ok + "HTTP/1.1 200 OK\r\n\r\nforged"), .hang]),
      nil, requests: 1),
  ]

  private static let content: [FaultRow] = [
    .init(
      "garbage for JSON", .plain([.request, .send(response("\u{1}\u{2}\u{3}"))]), "badPayload"),
    .init(
      "truncated JSON", .plain([.request, .send(response("{\"data\":[{\"id\":"))]), "badPayload"),
    .init(
      "wrong type",
      .plain([
        .request,
        .send("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\n{}"),
      ]), "badPayload", requests: 1),
    .init("gzip bomb", .plain([.request, .sendBytes(gzipBomb), .hang]), "badPayload", requests: 1),
    .init(
      "not gzip", .plain([.request, .send(response("{}", fields: "Content-Encoding: gzip\r\n"))]),
      "badPayload", requests: 1),
  ]

  private static func status(_ status: Int, _ fields: String = "") -> FaultySource.Fault {
    .plain([.request, .send(response("\(status) x", "{}", fields: fields))])
  }

  private static let statuses: [FaultRow] = [
    .init("302", status(302, "Location: http://127.0.0.1:1/\r\n"), "upstreamStatus", requests: 1),
    .init("401", status(401), "unauthorized", requests: 1),
    .init("403", status(403), "forbidden", requests: 1),
    .init("404", status(404), "upstreamStatus", requests: 1),
    .init("408", status(408), "upstreamStatus", requests: 1),
    .init("429", status(429), "rateLimited", requests: 1),
    .init(
      "429, Retry-After: 1", status(429, "Retry-After: 1\r\n"), "rateLimited", requests: 1,
      deadline: .milliseconds(900)),
    .init(
      "429, Retry-After: 1, then well",
      .once(
        [.request, .send(response("429 x", "", fields: "Retry-After: 1\r\n"))], [.answers(ok)]),
      nil, requests: 2),
    .init("500", status(500), "upstreamStatus", requests: 2),
    .init("502", status(502), "upstreamStatus", requests: 2),
    .init("503", status(503), "upstreamStatus", requests: 2),
    .init(
      "503, Retry-After: 1", status(503, "Retry-After: 1\r\n"), "upstreamStatus", requests: 1,
      deadline: .milliseconds(900)),
    .init("504", status(504), "upstreamStatus", requests: 2),
  ]

  private static let http2: [FaultRow] = [
    .init("HTTP/2: stream hangs", .http2("hang"), "timeout", requests: 1, hangs: true),
    .init("HTTP/2: no SETTINGS", .http2("mute"), "timeout", requests: 1, hangs: true),
    .init("HTTP/2: dead after the request", .http2("dead"), "timeout", requests: 1, hangs: true),
    .init("HTTP/2: flow control stalls", .http2("stall"), "timeout", requests: 1, hangs: true),
    .init("HTTP/2: GOAWAY above the last id, once", .http2("goaway-first"), nil, requests: 2),
    .init("HTTP/2: GOAWAY always", .http2("goaway"), "connect", requests: 10),
    .init("HTTP/2: REFUSED_STREAM, once", .http2("refused-first"), nil, requests: 2),
    .init("HTTP/2: REFUSED_STREAM always", .http2("refused"), "connect", requests: 10),
    .init("HTTP/2: RST_STREAM", .http2("reset"), "protocol", requests: 2),
    .init("HTTP/2: connection cut", .http2("cut"), "connect", requests: 2),
    .init("HTTP/2: garbage for frames", .http2("garbage"), "protocol", requests: 1),
    .init("HTTP/2: oversize header", .http2("long-head"), "protocol", requests: 1),
    .init("HTTP/2: oversize body", .http2("large"), "badPayload", requests: 1),
    .init("HTTP/2: nothing but interim answers", .http2("interims"), "protocol", requests: 1),
  ]

  /// Ten megabytes in ten kilobytes.
  private static let gzipBomb: [UInt8] = {
    let body = gzipped([UInt8](repeating: 0x20, count: 10 << 20))
    let head =
      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(body.count)\r\n\r\n"
    return Array(head.utf8) + body
  }()
}
