/// `method SP request-target SP HTTP-version` (RFC 9112, 3), with single spaces.
struct RequestLine {
  let method: String
  let target: RequestTarget
  let minorVersion: Int

  /// The longest method of the IANA registry, UPDATEREDIRECTREF, has 17 letters.
  static let longestMethod = 32
  /// What a request line holds beside the target: method, two spaces, version, CRLF.
  static let overhead = longestMethod + 2 + 8 + 2

  init(_ line: UnsafeRawBufferPointer, targetLimit: Int) throws(ProtocolError) {
    var space = 0
    while space < line.count, ByteSet.token.contains(line[space]) { space += 1 }
    if space > Self.longestMethod { throw ProtocolError(501, "the method is not known") }
    guard space > 0, space < line.count, line[space] == 0x20 else {
      throw ProtocolError(400, "the request line does not begin with a method")
    }
    let rest = line.slice(space + 1..<line.count)
    guard let second = rest.firstIndex(of: 0x20) else {
      throw ProtocolError(400, "the request line has no HTTP version")
    }
    if second > targetLimit { throw ProtocolError(414, "the request target is too long") }
    method = String(decoding: line.slice(0..<space), as: UTF8.self)
    minorVersion = try Self.minorVersion(rest.slice(second + 1..<rest.count))
    target = try RequestTarget(rest.slice(0..<second), method: method)
  }

  /// Why a line without an end within the limit is refused.
  static func tooLong(_ start: UnsafeRawBufferPointer) -> ProtocolError {
    let method = start.prefix { ByteSet.token.contains($0) }
    return method.count > longestMethod
      ? ProtocolError(501, "the method is not known")
      : ProtocolError(414, "the request target is too long")
  }

  /// `"HTTP/" DIGIT "." DIGIT`, case-sensitive (RFC 9112, 2.3).
  static func minorVersion(_ version: UnsafeRawBufferPointer) throws(ProtocolError) -> Int {
    let name: StaticString = "HTTP/"
    guard version.count == 8,
      (0..<5).allSatisfy({ version[$0] == name.utf8Start[$0] }),
      isDigit(version[5]), version[6] == UInt8(ascii: "."), isDigit(version[7])
    else { throw ProtocolError(400, "the HTTP version is not valid") }
    guard version[5] == UInt8(ascii: "1") else {
      throw ProtocolError(505, "only HTTP/1.1 and HTTP/1.0 are spoken here")
    }
    return version[7] == UInt8(ascii: "0") ? 0 : 1
  }
}
