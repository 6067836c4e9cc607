/// The four forms of a request target (RFC 9112, 3.2), split but not decoded.
struct RequestTarget {
  var path = ""
  var query: String?
  /// Of absolute-form and authority-form.
  var authority: String?

  init(_ target: UnsafeRawBufferPointer, method: String) throws(ProtocolError) {
    if method == "CONNECT" {
      guard isAuthority(target), let colon = target.lastIndex(of: UInt8(ascii: ":")),
        colon + 1 < target.count, target[target.count - 1] != UInt8(ascii: "]")
      else { throw ProtocolError(400, "CONNECT wants host and port") }
      authority = String(decoding: target, as: UTF8.self)
    } else if target.first == UInt8(ascii: "/") {
      (path, query) = try Self.split(target)
    } else if target.count == 1, target[0] == UInt8(ascii: "*") {
      guard method == "OPTIONS" else { throw ProtocolError(400, "only OPTIONS may ask for *") }
      path = "*"
    } else {
      try readAbsolute(target, method: method)
    }
  }

  /// `http://authority[/path][?query]`. The scheme matters no further: what this server is asked
  /// over is decided by the connection.
  private mutating func readAbsolute(
    _ target: UnsafeRawBufferPointer, method: String
  ) throws(ProtocolError) {
    let schemes: [StaticString] = ["http://", "https://"]
    let scheme = schemes.first {
      target.count > $0.utf8CodeUnitCount
        && target.slice(0..<$0.utf8CodeUnitCount).equalsIgnoringCase($0)
    }
    guard let start = scheme?.utf8CodeUnitCount else {
      throw ProtocolError(400, "the request target is not valid")
    }
    let end = target[start...].firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }
    let name = target.slice(start..<(end ?? target.count))
    guard isAuthority(name) else {
      throw ProtocolError(400, "the request target's authority is not valid")
    }
    authority = String(decoding: name, as: UTF8.self)
    // An empty path of OPTIONS is the asterisk (RFC 9112, 3.2.4), of others the root.
    guard let end else {
      path = method == "OPTIONS" ? "*" : "/"
      return
    }
    (path, query) = try Self.split(target.slice(end..<target.count))
    if path.isEmpty { path = "/" }
  }

  private static func split(
    _ target: UnsafeRawBufferPointer
  ) throws(ProtocolError) -> (path: String, query: String?) {
    let mark = target.firstIndex(of: UInt8(ascii: "?")) ?? target.count
    let path = target.slice(0..<mark)
    guard ByteSet.path.containsAll(path) else {
      throw ProtocolError(400, "the path holds a character that must be percent-encoded")
    }
    try checkPath(path)
    guard mark < target.count else { return (String(decoding: path, as: UTF8.self), nil) }
    let query = target.slice(mark + 1..<target.count)
    guard ByteSet.query.containsAll(query) else {
      throw ProtocolError(400, "the query holds a character that must be percent-encoded")
    }
    guard hasValidEscapes(query) else {
      throw ProtocolError(
        400, "percent-encoding of the query is not valid", parameter: Query.faultyName(query))
    }
    return (String(decoding: path, as: UTF8.self), String(decoding: query, as: UTF8.self))
  }

  /// Refuses what some recipients resolve and others do not: dot segments, plain or encoded; and
  /// what no path of ours holds: bad escapes, an encoded NUL, bytes that are no UTF-8. An encoded
  /// slash stays: it is part of its segment.
  private static func checkPath(_ path: UnsafeRawBufferPointer) throws(ProtocolError) {
    let escaped = path.contains(UInt8(ascii: "%"))
    guard escaped || path.contains(UInt8(ascii: ".")) else { return }
    if escaped {
      guard let bytes = percentDecoded(path, plusIsSpace: false) else {
        throw ProtocolError(400, "percent-encoding of the path is not valid")
      }
      guard !bytes.contains(0), String(validating: bytes, as: UTF8.self) != nil else {
        throw ProtocolError(400, "the path is not UTF-8 text")
      }
    }
    let hasDots = path.split(separator: UInt8(ascii: "/")).contains {
      isDotSegment(UnsafeRawBufferPointer(rebasing: $0))
    }
    if hasDots { throw ProtocolError(400, "the path has a dot segment") }
  }

  /// `.` or `..`, however written. An encoded slash does not divide: it is a character of its
  /// segment (RFC 3986, 2.2).
  private static func isDotSegment(_ segment: UnsafeRawBufferPointer) -> Bool {
    let decoded = percentDecoded(segment, plusIsSpace: false) ?? []
    return (1...2).contains(decoded.count) && decoded.allSatisfy { $0 == UInt8(ascii: ".") }
  }
}
