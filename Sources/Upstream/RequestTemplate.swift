import Bytes
import HTTP

/// The part of a request that is the same for every call of a source, as bytes and as HTTP/2 fields,
/// made once. What callers add is checked byte by byte: nothing can add a line or a second request.
struct RequestTemplate {
  let authority: String
  let pathPrefix: String
  /// Names in lower case, as HTTP/2 wants them. Holds the credential.
  let fields: [(name: String, value: String)]
  private let tail: ByteBuffer

  init(_ configuration: UpstreamConfiguration) {
    authority = configuration.origin.authority
    pathPrefix = configuration.origin.pathPrefix
    var fields = [
      (name: "accept", value: "application/json"),
      (name: "accept-encoding", value: "gzip"),
    ]
    if FieldGrammar.isValue(configuration.userAgent.utf8) {
      fields.append(("user-agent", configuration.userAgent))
    }
    if let credential = configuration.credential {
      fields.append((credential.fieldName.lowercased(), credential.value.exposed))
    }
    self.fields = fields
    tail = ByteBuffer(capacity: 512)
    tail.append(" HTTP/1.1\r\nHost: ")
    tail.append(authority)
    tail.append("\r\n")
    for (name, value) in fields { Self.append(name.utf8, value.utf8, to: tail) }
  }

  /// Appends a whole request head.
  func append(target: String, fields: Fields, to buffer: ByteBuffer) {
    buffer.append("GET ")
    buffer.append(pathPrefix)
    buffer.append(target)
    buffer.append(tail.bytes)
    fields.forEach { name, value in
      guard FieldGrammar.isName(name), FieldGrammar.isValue(value) else { return }
      Self.append(name, value, to: buffer)
    }
    buffer.append("\r\n")
  }

  private static func append(
    _ name: some Collection<UInt8>, _ value: some Collection<UInt8>, to buffer: ByteBuffer
  ) {
    buffer.append(contentsOf: name)
    buffer.append(": ")
    buffer.append(contentsOf: value)
    buffer.append("\r\n")
  }
}

/// What may stand in a request that is sent with a credential.
enum FieldGrammar {
  /// A token (RFC 9110, 5.6.2).
  static func isName(_ bytes: some Collection<UInt8>) -> Bool {
    !bytes.isEmpty
      && bytes.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
      }
  }

  /// Visible ASCII with spaces inside (RFC 9110, 5.5, without its obsolete bytes).
  static func isValue(_ bytes: some Collection<UInt8>) -> Bool {
    bytes.allSatisfy { $0 >= 0x20 && $0 < 0x7F } && bytes.first != 0x20
  }

  /// Path and query in origin form (RFC 9112, 3.2.1): it begins with one slash, and two would be
  /// another authority to some.
  static func isTarget(_ target: String) -> Bool {
    let bytes = target.utf8
    return bytes.first == UInt8(ascii: "/") && !target.hasPrefix("//")
      && bytes.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }
  }
}
