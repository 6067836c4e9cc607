/// A second reader of chunked bodies: slow, obvious, and written from the grammar of RFC 9112, 7.1, over
/// the whole text at once. It only serves to be compared with the real one.
package struct ChunkedOracle {
  package enum Verdict: Equatable, Sendable {
    case complete(body: [UInt8], consumed: Int)
    case incomplete
    case refused(Int)
    /// Bytes were left lying although more are needed.
    case stuck
  }

  /// Of size lines after the size and of trailers, all together.
  private static let mostOverhead = 8_192

  private enum Stop: Error { case incomplete, refused(Int) }

  private var rest: ArraySlice<UInt8>
  private var overhead = 0

  package static func read(_ bytes: [UInt8], limit: Int) -> Verdict {
    var oracle = ChunkedOracle(rest: bytes[...])
    do throws(Stop) {
      var body: [UInt8] = []
      while let chunk = try oracle.chunk(limit: limit - body.count) { body += chunk }
      try oracle.trailers()
      return .complete(body: body, consumed: oracle.rest.startIndex)
    } catch {
      switch error {
      case .incomplete: return .incomplete
      case .refused(let status): return .refused(status)
      }
    }
  }

  private init(rest: ArraySlice<UInt8>) { self.rest = rest }

  /// `chunk = chunk-size [ chunk-ext ] CRLF chunk-data CRLF`; nil for the last one.
  private mutating func chunk(limit: Int) throws(Stop) -> ArraySlice<UInt8>? {
    var size = 0
    var digits = 0
    while let digit = try peek().hexadecimal {
      digits += 1
      if digits > 15 { throw .refused(400) }
      size = size * 16 + digit
      rest.removeFirst()
    }
    if digits == 0 { throw .refused(400) }
    if size > limit { throw .refused(413) }
    try extensions()
    try lineEnd(counted: 1)
    if size == 0 { return nil }
    guard rest.count > size else { throw .incomplete }
    let data = rest.prefix(size)
    rest = rest.dropFirst(size)
    try lineEnd(counted: 0)
    return data
  }

  /// `*( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )`.
  private mutating func extensions() throws(Stop) {
    while true {
      let hadSpace = try space()
      if try peek() != UInt8(ascii: ";") {
        // Space must be followed by an extension.
        if hadSpace { throw .refused(400) }
        return
      }
      try count()
      _ = try space()
      try token()
      let beforeEquals = self
      let gap = try space()
      if try peek() == UInt8(ascii: "=") {
        try count()
        _ = try space()
        if try peek() == UInt8(ascii: "\"") { try quoted() } else { try token() }
      } else if gap {
        self = beforeEquals
      }
    }
  }

  private mutating func quoted() throws(Stop) {
    try count()
    while true {
      let byte = try peek()
      if byte == UInt8(ascii: "\"") { return try count() }
      if byte == UInt8(ascii: "\\") { try count() }
      guard try peek().isFieldByte else { throw .refused(400) }
      try count()
    }
  }

  /// `*( field-line CRLF ) CRLF`.
  private mutating func trailers() throws(Stop) {
    while try peek() != 0x0D {
      try token()
      guard try peek() == UInt8(ascii: ":") else { throw .refused(400) }
      repeat { try count() } while try peek().isFieldByte
      try lineEnd(counted: 2)
    }
    try lineEnd(counted: 2)
  }

  private mutating func token() throws(Stop) {
    guard HeadFeed.isTokenByte(try peek()) else { throw .refused(400) }
    repeat { try count() } while HeadFeed.isTokenByte(try peek())
  }

  private mutating func space() throws(Stop) -> Bool {
    var isThere = false
    while try [0x20, 0x09].contains(peek()) {
      try count()
      isThere = true
    }
    return isThere
  }

  /// - Parameter counted: how many of the two bytes count as overhead.
  private mutating func lineEnd(counted: Int) throws(Stop) {
    for (index, wanted) in [UInt8(0x0D), 0x0A].enumerated() {
      guard try peek() == wanted else { throw .refused(400) }
      if index < counted { try count() } else { rest.removeFirst() }
    }
  }

  private func peek() throws(Stop) -> UInt8 {
    guard let byte = rest.first else { throw .incomplete }
    return byte
  }

  private mutating func count() throws(Stop) {
    if rest.isEmpty { throw .incomplete }
    overhead += 1
    if overhead > Self.mostOverhead { throw .refused(400) }
    rest.removeFirst()
  }
}

extension UInt8 {
  fileprivate var isFieldByte: Bool { self == 9 || (self >= 32 && self != 127) }

  fileprivate var hexadecimal: Int? {
    switch self {
    case 0x30...0x39: Int(self) - 0x30
    case 0x41...0x46: Int(self) - 0x41 + 10
    case 0x61...0x66: Int(self) - 0x61 + 10
    default: nil
    }
  }
}
