extension ConformanceRule {
  /// Requests on the wire and what becomes of them. RFC numbers are 9110 (semantics), 9112
  /// (HTTP/1.1) and 3986 (URI).
  static let all: [ConformanceRule] =
    requestLines + targets + fields + hosts + framing + chunks + rest

  private static let requestLines: [ConformanceRule] = [
    .serve("a plain request", "9112 3", "GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
    .serve(
      "one empty line before the request", "9112 2.2", "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
      does: "ignored"),
    .refuse(
      "two empty lines before the request", "9112 2.2", 400,
      "\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"),
    .refuse("bare LF ends the request line", "9112 2.2", 400, "GET / HTTP/1.1\nHost: h\r\n\r\n"),
    .refuse("bare LF ends a field line", "9112 2.2", 400, "GET / HTTP/1.1\r\nHost: h\n\r\n"),
    .refuse("bare LF ends the head", "9112 2.2", 400, "GET / HTTP/1.1\r\nHost: h\r\n\n"),
    .refuseLine("bare CR in the request line", "9112 2.2", 400, "GET /\ra HTTP/1.1"),
    .refuseLine("two spaces in the request line", "9112 3", 400, "GET  / HTTP/1.1"),
    .refuseLine("tab in the request line", "9112 3", 400, "GET\t/ HTTP/1.1"),
    .refuseLine("space before the method", "9112 3", 400, " GET / HTTP/1.1"),
    .refuseLine("space behind the version", "9112 3", 400, "GET / HTTP/1.1 "),
    .refuseLine("no version (HTTP/0.9)", "9112 3", 400, "GET /"),
    .refuseLine("method that is no token", "9110 9.1", 400, "G(T / HTTP/1.1"),
    .serve(
      "unknown method", "9110 9.1", "BREW / HTTP/1.1\r\nHost: h\r\n\r\n", [501]),
    .serve(
      "methods are case-sensitive", "9110 9.1", "get / HTTP/1.1\r\nHost: h\r\n\r\n", [501]),
    .refuseLine(
      "over-long method", "9112 3", 501, "\(String(repeating: "A", count: 40)) / HTTP/1.1"),
    .refuseLine("version in lower case", "9112 2.3", 400, "GET / http/1.1"),
    .refuseLine("malformed version", "9112 2.3", 400, "GET / HTTP/1.10"),
    .refuseLine("HTTP/2.0", "9110 2.5", 505, "GET / HTTP/2.0"),
    .refuse("HTTP/2 preface", "9113 3.4", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    .serve("HTTP/1.2 counts as 1.1", "9110 2.5", "GET / HTTP/1.2\r\nHost: h\r\n\r\n"),
    .refuse("TLS on a plain port", "9112 3", 400, "\u{16}\u{3}\u{1}\u{0}"),
    .refuse("CONNECT", "9110 9.3.6", 501, "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n"),
    .refuseLine("CONNECT without a port", "9112 3.2.3", 400, "CONNECT h HTTP/1.1"),
    .refuse(
      "TRACE with a body", "9110 9.3.8", 400,
      "TRACE / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx"),
    .serve("OPTIONS *", "9112 3.2.4", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"),
    .refuseLine("* for another method", "9112 3.2.4", 400, "GET * HTTP/1.1"),
  ]

  private static let targets: [ConformanceRule] = [
    .serve("absolute-form", "9112 3.2.2", "GET http://a/b HTTP/1.1\r\nHost: h\r\n\r\n"),
    .refuseLine("absolute-form with userinfo", "9110 4.2.4", 400, "GET http://u@h/ HTTP/1.1"),
    .refuseLine("absolute-form without a host", "9110 4.2.1", 400, "GET http:///a HTTP/1.1"),
    .refuseLine("absolute-form of another scheme", "9112 3.2.2", 400, "GET ftp://h/ HTTP/1.1"),
    .refuseLine("target without a leading slash", "9112 3.2.1", 400, "GET a HTTP/1.1"),
    .refuseLine("fragment in the target", "9112 3.2.1", 400, "GET /a#b HTTP/1.1"),
    .refuseLine("NUL in the target", "9112 3.2", 400, "GET /\u{0} HTTP/1.1"),
    .refuseLine("raw non-ASCII in the target", "3986 2", 400, "GET /\u{E9} HTTP/1.1"),
    .refuseLine("raw non-ASCII in the query", "3986 2", 400, "GET /?a=\u{E9} HTTP/1.1"),
    .refuseLine("quote, space-like or bracket in the path", "3986 3.3", 400, "GET /<a> HTTP/1.1"),
    .refuseLine("bad escape in the path", "3986 2.1", 400, "GET /%zz HTTP/1.1"),
    .refuseLine("cut escape in the path", "3986 2.1", 400, "GET /%4 HTTP/1.1"),
    .refuseLine("bad escape in the query", "3986 2.1", 400, "GET /?a=%zz HTTP/1.1"),
    .refuseLine("encoded NUL in the path", "3986 7.3", 400, "GET /a%00b HTTP/1.1"),
    .refuseLine("overlong UTF-8 in the path", "3629 3", 400, "GET /%C0%AF HTTP/1.1"),
    .serve(
      "encoded slash in the path", "3986 2.2", "GET /a%2Fb HTTP/1.1\r\nHost: h\r\n\r\n",
      does: "kept within its segment"),
    .refuseLine("dot segment", "3986 5.2.4", 400, "GET /a/../b HTTP/1.1"),
    .refuseLine("encoded dot segment", "3986 6.2.2", 400, "GET /a/%2e%2E/b HTTP/1.1"),
    .refuseLine(
      "over-long target", "9112 3", 414,
      "GET /\(String(repeating: "a", count: 9_000)) HTTP/1.1"),
    .refuse(
      "over-long target without an end", "9112 3", 414,
      "GET /\(String(repeating: "a", count: 9_000))"),
  ]

  private static let fields: [ConformanceRule] = [
    .refuseField("space before the colon", "9112 5.1", 400, "X : 1"),
    .refuseField("folded field line", "9112 5.2", 400, "X: 1\r\n 2"),
    .refuse(
      "space before the first field", "9112 2.2", 400, "GET / HTTP/1.1\r\n Host: h\r\n\r\n"),
    .refuseField("field line without a colon", "9112 5", 400, "X"),
    .refuseField("empty field name", "9110 5.1", 400, ": 1"),
    .refuseField("field name that is no token", "9110 5.1", 400, "X@: 1"),
    .refuseField("NUL in a field value", "9110 5.5", 400, "X: a\u{0}b"),
    .refuseField("bare CR in a field value", "9110 5.5", 400, "X: a\rb"),
    .refuseField("control character in a field value", "9110 5.5", 400, "X: a\u{1}b"),
    .refuseField("DEL in a field value", "9110 5.5", 400, "X: a\u{7F}b"),
    .serve("empty field value", "9110 5.5", "GET / HTTP/1.1\r\nHost: h\r\nX:\r\n\r\n"),
    .serve(
      "non-ASCII field value", "9110 5.5", "GET / HTTP/1.1\r\nHost: h\r\nX: \u{E9}\r\n\r\n",
      does: "accepted as opaque bytes"),
    .serve(
      "space and tab around a field value", "9112 5.1",
      "GET / HTTP/1.1\r\nHost: \t h \t\r\n\r\n", does: "left out of the value"),
    .refuseField(
      "too many fields", "6585 5", 431,
      (0..<101).map { "X: \($0)" }.joined(separator: "\r\n")),
    .refuseField(
      "over-long head", "6585 5", 431, "X: \(String(repeating: "a", count: 40_000))"),
    .refuseField("malformed Connection", "9110 7.6.1", 400, "Connection: a b"),
    .refuseField("unknown expectation", "9110 10.1.1", 417, "Expect: 200-ok"),
  ]

  private static let hosts: [ConformanceRule] = [
    .refuse("no Host", "9112 3.2", 400, "GET / HTTP/1.1\r\n\r\n"),
    .refuse("empty Host", "9112 3.2", 400, "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
    .refuseField("second Host, identical", "9112 3.2", 400, "Host: h"),
    .refuseField("second Host, different", "9112 3.2", 400, "Host: i"),
    .refuse("Host with userinfo", "9110 7.2", 400, "GET / HTTP/1.1\r\nHost: u@h\r\n\r\n"),
    .refuse("Host with a bad port", "9110 7.2", 400, "GET / HTTP/1.1\r\nHost: h:x\r\n\r\n"),
    .refuse(
      "Host with a port beyond 65535", "9110 7.2", 400,
      "GET / HTTP/1.1\r\nHost: h:65536\r\n\r\n"),
    .refuse("Host with a path", "9110 7.2", 400, "GET / HTTP/1.1\r\nHost: h/a\r\n\r\n"),
    .refuse("Host with a space", "9110 7.2", 400, "GET / HTTP/1.1\r\nHost: h i\r\n\r\n"),
    .refuse(
      "Host with a broken IPv6 address", "3986 3.2.2", 400,
      "GET / HTTP/1.1\r\nHost: [:1]\r\n\r\n"),
    .serve("Host with an IPv6 address", "9110 7.2", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"),
    .refuse(
      "Host checked beside absolute-form too", "9112 3.2.2", 400,
      "GET http://a/ HTTP/1.1\r\nHost: u@h\r\n\r\n"),
    .close("HTTP/1.0 without Host", "9112 3.2", "GET / HTTP/1.0\r\n\r\n"),
  ]

  private static let framing: [ConformanceRule] = [
    .serve(
      "Content-Length body", "9112 6.2",
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"),
    .serve(
      "body on GET", "9110 9.3.1",
      "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc", does: "read, passed on"),
    .refuseField(
      "two equal Content-Length", "9112 6.3", 400,
      "Content-Length: 1\r\nContent-Length: 1"),
    .refuseField(
      "two different Content-Length", "9112 6.3", 400,
      "Content-Length: 1\r\nContent-Length: 2"),
    .refuseField("Content-Length list", "9110 8.6", 400, "Content-Length: 1, 1"),
    .refuseField("Content-Length with a sign", "9110 8.6", 400, "Content-Length: +1"),
    .refuseField("negative Content-Length", "9110 8.6", 400, "Content-Length: -1"),
    .refuseField("hexadecimal Content-Length", "9110 8.6", 400, "Content-Length: 0x1"),
    .refuseField("empty Content-Length", "9110 8.6", 400, "Content-Length:"),
    .refuseField("Content-Length beyond the limit", "9110 15.5.14", 413, "Content-Length: 65537"),
    .refuseField(
      "Content-Length beyond 64 bits", "9110 8.6", 413,
      "Content-Length: 99999999999999999999"),
    .refuseField(
      "Content-Length with Transfer-Encoding", "9112 6.1", 400,
      "Content-Length: 0\r\nTransfer-Encoding: chunked"),
    .refuseField(
      "Transfer-Encoding with Content-Length", "9112 6.1", 400,
      "Transfer-Encoding: chunked\r\nContent-Length: 0"),
    .refuseField("empty Transfer-Encoding", "9112 6.1", 400, "Transfer-Encoding:"),
    .refuseField(
      "empty element in Transfer-Encoding", "9110 5.6.1", 400,
      "Transfer-Encoding: , chunked"),
    .refuseField("chunked not last", "9112 6.1", 400, "Transfer-Encoding: chunked, gzip"),
    .refuseField("chunked twice", "9112 6.1", 400, "Transfer-Encoding: chunked, chunked"),
    .refuseField(
      "chunked twice, in two fields", "9112 6.1", 400,
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
    .refuseField("no chunked at all", "9112 6.1", 400, "Transfer-Encoding: identity"),
    .refuseField("unknown coding", "9112 6.1", 501, "Transfer-Encoding: gzip, chunked"),
    .refuseField(
      "control character before chunked", "9112 6.1", 400,
      "Transfer-Encoding: \u{B}chunked"),
    .refuseField("parameter of chunked", "9112 7.1", 400, "Transfer-Encoding: chunked;a=b"),
    .refuse(
      "Transfer-Encoding in HTTP/1.0", "9112 6.1", 400,
      "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    .refuse(
      "malformed body on an unknown method", "9112 6.3", 400,
      "BREW / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n"),
  ]

  private static let chunks: [ConformanceRule] = [
    .serveChunks("chunked body", "9112 7.1", "3\r\nabc\r\n0\r\n\r\n"),
    .serveChunks(
      "leading zeros and capitals in a chunk size", "9112 7.1",
      "00A\r\n0123456789\r\n0\r\n\r\n"),
    .serveChunks("chunk extensions", "9112 7.1.1", "1;a=b;c=\"d\\\"\";e\r\nx\r\n0\r\n\r\n"),
    .serveChunks("trailer fields", "9112 7.1.2", "0\r\nX: 1\r\n\r\n"),
    .refuseChunks("chunk size that is no number", "x\r\n"),
    .refuseChunks("chunk size with a sign", "+1\r\nx\r\n0\r\n\r\n"),
    .refuseChunks("chunk size with 0x", "0x1\r\nx\r\n0\r\n\r\n"),
    .refuseChunks("empty chunk size", "\r\nx\r\n0\r\n\r\n"),
    .refuseChunks("chunk size of 16 digits", "0000000000000001\r\n"),
    .refuseChunks("chunks beyond the limit", "10001\r\n", status: 413),
    .refuseChunks("bare LF behind a chunk size", "1\nx\r\n0\r\n\r\n"),
    .refuseChunks("bare CR behind a chunk size", "1\rx\r\n0\r\n\r\n"),
    .refuseChunks("space behind a chunk size", "1 \r\nx\r\n0\r\n\r\n"),
    .refuseChunks("chunk longer than its size", "1\r\nxy\r\n0\r\n\r\n"),
    .refuseChunks("bare LF behind chunk data", "1\r\nx\n0\r\n\r\n"),
    .refuseChunks("chunk extension without a name", "1;\r\nx\r\n0\r\n\r\n"),
    .refuseChunks("control character in a chunk extension", "1;a=\u{1}\r\nx\r\n0\r\n\r\n"),
    .refuseChunks(
      "over-long chunk extensions", "1;a=\(String(repeating: "b", count: 9_000))\r\n"),
    .refuseChunks("malformed trailer field", "0\r\nX : 1\r\n\r\n"),
    .refuseChunks("folded trailer field", "0\r\nX: 1\r\n 2\r\n\r\n"),
  ]

  private static let rest: [ConformanceRule] = [
    .close(
      "Connection: close", "9112 9.6", "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
    .close(
      "close among other options", "9110 7.6.1",
      "GET / HTTP/1.1\r\nHost: h\r\nConnection: x, CLOSE\r\n\r\n"),
    .serve(
      "HTTP/1.0 with keep-alive", "9112 9.3", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"),
    .serve(
      "pipelined requests", "9112 9.3.2",
      String(repeating: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx", count: 20),
      Array(repeating: 200, count: 20), does: "answered one after another, in order"),
    .refuse(
      "expectation with an unknown method", "9110 10.1.1", 501,
      "BREW / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"),
    .refuse(
      "expectation with a body beyond the limit", "9110 10.1.1", 413,
      "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 70000\r\n\r\n"),
    .serve(
      "expectation whose body is there already", "9110 10.1.1",
      "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
      does: "200 without a 100"),
  ]
}
