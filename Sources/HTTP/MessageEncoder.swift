package import Bytes

/// Writes the heads of answers. A field name or value that the grammar does not allow is refused, so
/// that nothing a caller passes on can add a field or a second message.
package enum MessageEncoder {
  /// Appends status line, `Date`, the caller's fields, the framing and `Connection`, and the empty
  /// line. Framing and connection fields among `fields` are left out: they are the sender's to say.
  /// - Parameters:
  ///   - date: an HTTP-date as bytes, written once a second by the caller.
  ///   - contentLength: nil where the message must not have one (1xx, 204, 304).
  ///   - connection: `close` or `keep-alive`; nil writes none.
  package static func appendResponseHead(
    _ status: Status, _ fields: Fields, date: UnsafeRawBufferPointer, contentLength: Int?,
    connection: StaticString?, to buffer: ByteBuffer
  ) throws(ProtocolError) {
    let start = buffer.count
    buffer.append("HTTP/1.1 ")
    buffer.append(decimal: status.rawValue)
    buffer.append(UInt8(ascii: " "))
    buffer.append(status.reason)
    buffer.append("\r\nDate: ")
    buffer.append(date)
    buffer.append("\r\n")
    try appendFields(fields, to: buffer, start: start)
    appendFraming(contentLength: contentLength, connection: connection, to: buffer)
  }

  private static func appendFields(
    _ fields: Fields, to buffer: ByteBuffer, start: Int
  ) throws(ProtocolError) {
    try fields.forEachRaw { (name, value) throws(ProtocolError) in
      guard name.isToken, value.isFieldValue else {
        buffer.truncate(to: start)
        throw ProtocolError(500, "a field to write is not valid")
      }
      if isOwned(name) { return }
      buffer.reserve(name.count + value.count + 4)
      buffer.append(name)
      buffer.append(": ")
      buffer.append(value)
      buffer.append("\r\n")
    }
  }

  private static func isOwned(_ name: UnsafeRawBufferPointer) -> Bool {
    switch name.count {
    case 4: name.equalsIgnoringCase("date")
    case 10: name.equalsIgnoringCase("connection") || name.equalsIgnoringCase("keep-alive")
    case 14: name.equalsIgnoringCase("content-length")
    case 17: name.equalsIgnoringCase("transfer-encoding")
    default: false
    }
  }

  private static func appendFraming(
    contentLength: Int?, connection: StaticString?, to buffer: ByteBuffer
  ) {
    if let contentLength {
      buffer.append("Content-Length: ")
      buffer.append(decimal: contentLength)
      buffer.append("\r\n")
    }
    if let connection {
      buffer.append("Connection: ")
      buffer.append(connection)
      buffer.append("\r\n")
    }
    buffer.append("\r\n")
  }
}
