import Bytes

/// A path and query in the making, percent-encoded (RFC 3986, 2.1).
struct RequestTarget: ~Copyable {
  private let bytes = ByteBuffer(capacity: 192)
  private var hasQuery = false

  var text: String { bytes.text }

  /// - Parameter path: encoded already.
  init(_ path: String) { bytes.append(path) }

  /// A path with one segment more, whatever that holds: everything but unreserved characters is
  /// encoded, and so are the dots of `.` and `..`, which would name another path (3.3).
  init(_ path: String, segment: String) {
    bytes.append(path)
    bytes.append("/")
    if segment == "." || segment == ".." {
      for _ in segment.utf8 { bytes.append("%2E") }
    } else {
      encode(segment)
    }
  }

  mutating func add(_ name: String, _ value: String) {
    begin(name)
    encode(value)
  }

  mutating func add(_ name: String, _ value: Int) {
    begin(name)
    bytes.append(decimal: value)
  }

  private mutating func begin(_ name: String) {
    bytes.append(hasQuery ? "&" : "?")
    hasQuery = true
    bytes.append(name)
    bytes.append("=")
  }

  private func encode(_ value: String) {
    // Nearly all are words.
    if value.utf8.allSatisfy(Self.isUnreserved) { return bytes.append(value) }
    for byte in value.utf8 {
      if Self.isUnreserved(byte) {
        bytes.append(byte)
      } else {
        bytes.append(byte < 16 ? "%0" : "%")
        bytes.append(String(byte, radix: 16, uppercase: true))
      }
    }
  }

  /// RFC 3986, 2.3.
  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"), UInt8(ascii: "~"):
      true
    default: false
    }
  }
}
