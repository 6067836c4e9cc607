import Glibc

/// The fields that decide where a message ends and what becomes of its connection, noted while the
/// field lines are read. Whatever two recipients could read differently is refused.
struct FramingFields {
  private(set) var contentLength: Int?
  private(set) var isChunked = false
  private(set) var hasTransferEncoding = false
  private(set) var hasUnknownCoding = false
  private(set) var connectionClose = false
  private(set) var connectionKeepAlive = false
  private(set) var expectsContinue = false
  private(set) var hasUnknownExpectation = false
  /// nil without `Host`; the text is checked by whoever needs it.
  private(set) var host: String?

  /// Looks at one field; all but a handful are told apart by the length of their name.
  mutating func note(
    _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
  ) throws(ProtocolError) {
    switch name.count {
    case 4 where name.equalsIgnoringCase("host"):
      if host != nil { throw ProtocolError(400, "Host is there twice") }
      guard isAuthority(value) else { throw ProtocolError(400, "Host is not valid") }
      host = String(decoding: value, as: UTF8.self)
    case 6 where name.equalsIgnoringCase("expect"):
      value.forEachListElement { element in
        if element.equalsIgnoringCase("100-continue") {
          expectsContinue = true
        } else {
          hasUnknownExpectation = true
        }
      }
    case 10 where name.equalsIgnoringCase("connection"):
      try noteConnection(value)
    case 14 where name.equalsIgnoringCase("content-length"):
      if contentLength != nil { throw ProtocolError(400, "Content-Length is there twice") }
      contentLength = try Self.length(value)
    case 17 where name.equalsIgnoringCase("transfer-encoding"):
      try noteCodings(value)
    default: break
    }
  }

  private mutating func noteConnection(_ value: UnsafeRawBufferPointer) throws(ProtocolError) {
    try value.forEachListElement { (option) throws(ProtocolError) in
      guard option.isToken else { throw ProtocolError(400, "Connection is not valid") }
      if option.equalsIgnoringCase("close") { connectionClose = true }
      if option.equalsIgnoringCase("keep-alive") { connectionKeepAlive = true }
    }
  }

  /// `chunked` is the only coding known, and must be the last and applied once (RFC 9112, 6.1).
  /// Empty elements, which lists may hold, are refused here: a recipient who does not see `chunked`
  /// behind a comma frames the message otherwise.
  private mutating func noteCodings(_ value: UnsafeRawBufferPointer) throws(ProtocolError) {
    hasTransferEncoding = true
    var start = 0
    while start <= value.count {
      var end = start
      while end < value.count, value[end] != UInt8(ascii: ",") { end += 1 }
      let coding = value.slice(value.trimmingSpace(start..<end))
      guard coding.isToken else { throw ProtocolError(400, "Transfer-Encoding is not valid") }
      if isChunked { throw ProtocolError(400, "a coding follows chunked") }
      if coding.equalsIgnoringCase("chunked") { isChunked = true } else { hasUnknownCoding = true }
      start = end + 1
    }
  }

  /// `1*DIGIT` (RFC 9110, 8.6). A number that does not fit stands for one that no limit allows.
  private static func length(_ value: UnsafeRawBufferPointer) throws(ProtocolError) -> Int {
    guard !value.isEmpty else { throw ProtocolError(400, "Content-Length is empty") }
    var length = 0
    var overflows = false
    for byte in value {
      guard isDigit(byte) else { throw ProtocolError(400, "Content-Length is not a number") }
      let (product, high) = length.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(Int(byte &- 0x30))
      overflows = overflows || high || carry
      length = sum
    }
    return overflows ? .max : length
  }

  /// The rules that need all fields and the version (RFC 9112, 6.1 and 6.3).
  func checkTransferEncoding(minorVersion: Int) throws(ProtocolError) {
    guard hasTransferEncoding else { return }
    if contentLength != nil {
      throw ProtocolError(400, "Content-Length and Transfer-Encoding exclude each other")
    }
    if minorVersion == 0 { throw ProtocolError(400, "HTTP/1.0 has no Transfer-Encoding") }
    guard isChunked else { throw ProtocolError(400, "chunked is not the last coding") }
    if hasUnknownCoding { throw ProtocolError(501, "a transfer coding is not known") }
  }

  /// Whether the connection may carry another message (RFC 9112, 9.3).
  func keepsAlive(minorVersion: Int) -> Bool {
    !connectionClose && (minorVersion >= 1 || connectionKeepAlive)
  }
}

/// `uri-host [ ":" port ]`, not empty and without userinfo (RFC 9110, 7.2 and 4.2.4).
func isAuthority(_ bytes: UnsafeRawBufferPointer) -> Bool {
  guard let first = bytes.first else { return false }
  var index = 0
  if first == UInt8(ascii: "[") {
    guard let end = bytes.firstIndex(of: UInt8(ascii: "]")), isIPv6(bytes.slice(1..<end)) else {
      return false
    }
    index = end + 1
  } else {
    while index < bytes.count, ByteSet.registeredName.contains(bytes[index]) { index += 1 }
    if index == 0 || !hasValidEscapes(bytes.slice(0..<index)) { return false }
  }
  if index == bytes.count { return true }
  guard bytes[index] == UInt8(ascii: ":") else { return false }
  var port = 0
  for byte in bytes[(index + 1)...] {
    guard isDigit(byte) else { return false }
    port = port * 10 + Int(byte &- 0x30)
    if port > 65_535 { return false }
  }
  return true
}

/// An IPv6 address as RFC 3986, 3.2.2 writes it, without a zone. `IPvFuture` has no users.
private func isIPv6(_ bytes: UnsafeRawBufferPointer) -> Bool {
  // Nothing else may reach inet_pton: for it the text ends at a NUL.
  let allowed = bytes.allSatisfy {
    hexValue($0) != nil || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
  }
  guard allowed, bytes.count < INET6_ADDRSTRLEN else { return false }
  return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
    text.initialize(repeating: 0)
    UnsafeMutableRawBufferPointer(text).copyBytes(from: bytes)
    var address = in6_addr()
    return inet_pton(AF_INET6, text.baseAddress, &address) == 1
  }
}
