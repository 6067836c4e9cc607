/// A status line and its fields, checked, and how the body that follows ends.
package struct ResponseHead: Sendable {
  package var status: Status
  package var minorVersion: Int
  package var fields: Fields
  package var framing: BodyFraming
  /// Whether the connection may be used again once the body has been read.
  package var keepsAlive: Bool
  /// Length of the head on the wire.
  package var byteCount: Int

  /// 100 to 199: another head follows (RFC 9110, 15.2).
  package var isInformational: Bool { status.rawValue < 200 }
}

/// Reads one response head from bytes that arrive in any pieces; used as `RequestHeadParser` is,
/// with the same strictness. A 1xx is a head of its own: drop its bytes and use a new parser.
package struct ResponseHeadParser {
  private let limits: HeadLimits
  private let answersHead: Bool
  private var scanner = HeadScanner()
  private var statusLine: (status: Int, minorVersion: Int)?

  /// - Parameter answersHead: the request was HEAD, whose answer has no body whatever it says.
  package init(answersHead: Bool = false, limits: HeadLimits = HeadLimits()) {
    self.answersHead = answersHead
    self.limits = limits
  }

  /// The head, or nil while it is incomplete. After an error the connection is of no further use.
  package mutating func parse(
    _ bytes: UnsafeRawBufferPointer
  ) throws(ProtocolError) -> ResponseHead? {
    if statusLine == nil {
      if let first = bytes.first, first != UInt8(ascii: "H") {
        throw ProtocolError(502, "the answer is not HTTP/1")
      }
      let excess = ProtocolError(431, "the status line is too long")
      guard let line = try scanner.nextLine(bytes, limit: limits.headBytes, excess: excess)
      else { return nil }
      statusLine = try Self.statusLine(bytes.slice(line))
      scanner.beginFields()
    }
    guard let statusLine, try scanner.readFields(bytes, limits: limits) else { return nil }
    let framing = scanner.framing
    try framing.checkTransferEncoding(minorVersion: statusLine.minorVersion)
    let body = bodyFraming(framing, status: statusLine.status)
    return ResponseHead(
      status: Status(rawValue: statusLine.status), minorVersion: statusLine.minorVersion,
      fields: scanner.takeFields(bytes), framing: body,
      keepsAlive: framing.keepsAlive(minorVersion: statusLine.minorVersion) && body != .untilClose,
      byteCount: scanner.consumed)
  }

  /// RFC 9112, 6.3 in its order; codings other than chunked have been refused before.
  private func bodyFraming(_ framing: FramingFields, status: Int) -> BodyFraming {
    if answersHead || status < 200 || status == 204 || status == 304 { return .none }
    if framing.isChunked { return .chunked }
    guard let length = framing.contentLength else { return .untilClose }
    return length == 0 ? .none : .length(length)
  }

  /// `HTTP-version SP status-code SP [ reason-phrase ]` (RFC 9112, 4). Servers that leave out the
  /// second space with the phrase are common enough to be let through: nothing hangs on it.
  private static func statusLine(
    _ line: UnsafeRawBufferPointer
  ) throws(ProtocolError) -> (status: Int, minorVersion: Int) {
    guard line.count >= 12, line[8] == 0x20, line.count == 12 || line[12] == 0x20 else {
      throw ProtocolError(502, "the status line is not valid")
    }
    let minorVersion = try RequestLine.minorVersion(line.slice(0..<8))
    var status = 0
    for byte in line[9..<12] {
      guard isDigit(byte) else { throw ProtocolError(502, "the status code is not a number") }
      status = status * 10 + Int(byte &- 0x30)
    }
    guard status >= 100, status < 600, line.slice(12..<line.count).isFieldValue else {
      throw ProtocolError(502, "the status line is not valid")
    }
    return (status, minorVersion)
  }
}
