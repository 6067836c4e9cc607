/// Reads one request head (RFC 9112, 2 to 5) from bytes that arrive in any pieces. It refuses what
/// the grammar does not allow, and where the RFC leaves a choice takes the strict one.
///
/// Use one parser a request: give it all bytes received since the head's start, again with more
/// after each nil. What it answers depends on the bytes, not on how they were split.
package struct RequestHeadParser {
  private let limits: HeadLimits
  private var scanner = HeadScanner()
  private var line: RequestLine?
  private var skippedEmptyLine = false

  package init(limits: HeadLimits = HeadLimits()) { self.limits = limits }

  /// The head, or nil while it is incomplete. Errors leave the parser unusable, and the connection
  /// with it: where the next request begins is no longer known.
  package mutating func parse(
    _ bytes: UnsafeRawBufferPointer
  ) throws(ProtocolError) -> RequestHead? {
    if line == nil {
      guard let parsed = try requestLine(bytes) else { return nil }
      line = parsed
      scanner.beginFields()
    }
    guard let line, try scanner.readFields(bytes, limits: limits) else { return nil }
    return try head(line, bytes)
  }

  private mutating func requestLine(
    _ bytes: UnsafeRawBufferPointer
  ) throws(ProtocolError) -> RequestLine? {
    while true {
      let start = scanner.consumed
      guard start < bytes.count else { return nil }
      let first = bytes[start]
      // Answered at once, so that a TLS or binary client learns it before the timeout.
      guard ByteSet.token.contains(first) || (first == 0x0D && !skippedEmptyLine) else {
        throw ProtocolError(400, "the request line does not begin with a method")
      }
      let limit = min(limits.headBytes, start + RequestLine.overhead + limits.targetBytes)
      let range = try scanner.nextLine(
        bytes, limit: limit, excess: RequestLine.tooLong(bytes.slice(start..<limit)))
      guard let range else { return nil }
      if range.isEmpty {
        // One empty line before a request is ignored (RFC 9112, 2.2).
        skippedEmptyLine = true
        continue
      }
      return try RequestLine(bytes.slice(range), targetLimit: limits.targetBytes)
    }
  }

  private mutating func head(
    _ line: RequestLine, _ bytes: UnsafeRawBufferPointer
  ) throws(ProtocolError) -> RequestHead {
    let framing = scanner.framing
    try framing.checkTransferEncoding(minorVersion: line.minorVersion)
    if framing.host == nil, line.minorVersion >= 1 { throw ProtocolError(400, "Host is missing") }
    if framing.hasUnknownExpectation, line.minorVersion >= 1 {
      throw ProtocolError(417, "an expectation is not known")
    }
    var body = BodyFraming.none
    if framing.isChunked { body = .chunked }
    if let length = framing.contentLength { body = length == 0 ? .none : .length(length) }
    // A client must not send content in a TRACE request (RFC 9110, 9.3.8).
    if body != .none, line.method == "TRACE" { throw ProtocolError(400, "TRACE has a body") }
    return RequestHead(
      method: line.method, path: line.target.path, query: line.target.query,
      authority: line.target.authority ?? framing.host ?? "", minorVersion: line.minorVersion,
      fields: scanner.takeFields(bytes), framing: body,
      keepsAlive: framing.keepsAlive(minorVersion: line.minorVersion),
      expectsContinue: framing.expectsContinue && line.minorVersion >= 1 && body != .none,
      byteCount: scanner.consumed)
  }
}
