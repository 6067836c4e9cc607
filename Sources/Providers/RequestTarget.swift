/// A path and query in the making, percent-encoded (RFC 3986, 2.1).
struct RequestTarget {
  private(set) var text: String
  private var hasQuery = false

  /// - Parameter path: encoded already.
  init(_ path: String) { text = path }

  /// A path with one segment more, whatever that holds: everything but unreserved characters is
  /// encoded, and so are the dots of `.` and `..`, which would name another path (3.3).
  init(_ path: String, segment: String) {
    text = path + "/"
    if segment == "." || segment == ".." {
      text += segment.replacing(".", with: "%2E")
    } else {
      Self.encode(segment, into: &text)
    }
  }

  mutating func add(_ name: String, _ value: String) {
    text += hasQuery ? "&" : "?"
    hasQuery = true
    text += name
    text += "="
    Self.encode(value, into: &text)
  }

  mutating func add(_ name: String, _ value: Int) { add(name, String(value)) }

  private static func encode(_ value: String, into text: inout String) {
    // Nearly all are numbers and words.
    if value.utf8.allSatisfy(isUnreserved) { return text += value }
    for byte in value.utf8 {
      if isUnreserved(byte) {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        text += byte < 16 ? "%0" : "%"
        text += String(byte, radix: 16, uppercase: true)
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
