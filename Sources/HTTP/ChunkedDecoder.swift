package import Bytes

/// Takes the chunked coding off a body (RFC 9112, 7.1) as its bytes arrive. Extensions and trailer
/// fields are checked against their grammar and dropped.
package struct ChunkedDecoder {
  /// Bytes of extensions and trailers in one body: none are used here, and a client could send them
  /// for ever.
  private static let overheadLimit = 8 * 1024
  /// 15 digits stay below `Int.max`; leading zeros count.
  private static let sizeDigits = 15

  private enum State {
    case size, sizeFeed
    /// Behind the size or a value: CRLF may follow. Behind `Space` it may not.
    case extensionGap, extensionSpace
    case extensionNameStart, extensionName, extensionNameSpace
    case extensionValueStart, extensionToken, extensionQuoted, extensionEscape
    case data, dataReturn, dataFeed
    case trailerStart, trailerName, trailerValue, trailerFeed, lastFeed
    case finished
  }

  private let limit: Int
  private var state = State.size
  private var digits = 0
  private var overhead = 0
  /// Of the chunk being read.
  private var remaining = 0
  private var decoded = 0

  /// - Parameter limit: bytes of the whole decoded body; more throws 413.
  package init(limit: Int) { self.limit = limit }

  package var isFinished: Bool { state == .finished }

  /// Appends the data in `bytes` to `body` and returns how many bytes belong to the coding: all of
  /// them, until the body ends.
  package mutating func decode(
    _ bytes: UnsafeRawBufferPointer, into body: ByteBuffer
  ) throws(ProtocolError) -> Int {
    var index = 0
    while index < bytes.count, state != .finished {
      if state == .data {
        let run = min(remaining, bytes.count - index)
        body.append(bytes.slice(index..<index + run))
        remaining -= run
        index += run
        if remaining == 0 { state = .dataReturn }
      } else {
        try step(bytes[index])
        index += 1
      }
    }
    return index
  }

  private mutating func step(_ byte: UInt8) throws(ProtocolError) {
    switch state {
    case .size: try size(byte)
    case .sizeFeed: try expect(byte, 0x0A, remaining == 0 ? .trailerStart : .data)
    case .dataReturn: try expect(byte, 0x0D, .dataFeed)
    case .dataFeed:
      try expect(byte, 0x0A, .size)
      digits = 0
    case .trailerStart, .trailerName, .trailerValue, .trailerFeed, .lastFeed: try trailer(byte)
    case .data, .finished: break
    default: try chunkExtension(byte)
    }
  }

  private mutating func expect(
    _ byte: UInt8, _ wanted: UInt8, _ next: State
  ) throws(ProtocolError) {
    guard byte == wanted else { throw ProtocolError(400, "a chunk does not end where it should") }
    state = next
  }

  private mutating func size(_ byte: UInt8) throws(ProtocolError) {
    if let value = hexValue(byte) {
      digits += 1
      guard digits <= Self.sizeDigits else { throw ProtocolError(400, "a chunk size is too long") }
      remaining = (digits == 1 ? 0 : remaining << 4) | Int(value)
      return
    }
    guard digits > 0 else { throw ProtocolError(400, "a chunk has no size") }
    guard remaining <= limit - decoded else { throw ProtocolError(413, "the body is too large") }
    decoded += remaining
    state = .extensionGap
    try chunkExtension(byte)
  }

  /// `*( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )` (RFC 9112, 7.1.1). White
  /// space between all that and the CRLF is not part of it.
  private mutating func chunkExtension(_ byte: UInt8) throws(ProtocolError) {
    try countOverhead()
    let isToken = ByteSet.token.contains(byte)
    switch (state, byte) {
    case (.extensionQuoted, UInt8(ascii: "\"")): state = .extensionGap
    case (.extensionQuoted, UInt8(ascii: "\\")): state = .extensionEscape
    case (.extensionQuoted, _) where isFieldByte(byte): break
    case (.extensionEscape, _) where isFieldByte(byte): state = .extensionQuoted
    case (.extensionGap, 0x0D), (.extensionName, 0x0D), (.extensionToken, 0x0D): state = .sizeFeed
    case (.extensionGap, _) where isSpace(byte), (.extensionToken, _) where isSpace(byte):
      state = .extensionSpace
    case (.extensionName, _) where isSpace(byte): state = .extensionNameSpace
    case (.extensionNameStart, _) where isToken: state = .extensionName
    case (.extensionValueStart, _) where isToken: state = .extensionToken
    case (.extensionName, _) where isToken, (.extensionToken, _) where isToken: break
    case (.extensionSpace, _) where isSpace(byte), (.extensionNameStart, _) where isSpace(byte),
      (.extensionNameSpace, _) where isSpace(byte), (.extensionValueStart, _) where isSpace(byte):
      break
    case (.extensionGap, UInt8(ascii: ";")), (.extensionSpace, UInt8(ascii: ";")),
      (.extensionName, UInt8(ascii: ";")), (.extensionNameSpace, UInt8(ascii: ";")),
      (.extensionToken, UInt8(ascii: ";")):
      state = .extensionNameStart
    case (.extensionName, UInt8(ascii: "=")), (.extensionNameSpace, UInt8(ascii: "=")):
      state = .extensionValueStart
    case (.extensionValueStart, UInt8(ascii: "\"")): state = .extensionQuoted
    default: throw ProtocolError(400, "a chunk size or extension is not valid")
    }
  }

  /// `*( field-line CRLF ) CRLF` (RFC 9112, 7.1.2). Trailers are never merged into the head's
  /// fields.
  private mutating func trailer(_ byte: UInt8) throws(ProtocolError) {
    try countOverhead()
    switch (state, byte) {
    case (.trailerStart, 0x0D): state = .lastFeed
    case (.trailerStart, _) where ByteSet.token.contains(byte): state = .trailerName
    case (.trailerName, UInt8(ascii: ":")): state = .trailerValue
    case (.trailerName, _) where ByteSet.token.contains(byte): break
    case (.trailerValue, 0x0D): state = .trailerFeed
    case (.trailerValue, _) where isFieldByte(byte): break
    case (.trailerFeed, 0x0A): state = .trailerStart
    case (.lastFeed, 0x0A): state = .finished
    default: throw ProtocolError(400, "a trailer field is not valid")
    }
  }

  private mutating func countOverhead() throws(ProtocolError) {
    overhead += 1
    if overhead > Self.overheadLimit {
      throw ProtocolError(400, "chunk extensions or trailers are too long")
    }
  }
}
