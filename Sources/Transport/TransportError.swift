import Glibc

/// What can go wrong below HTTP.
package enum TransportError: Error, Equatable, CustomStringConvertible {
  /// A system call failed: its name and errno.
  case system(call: String, errno: Int32)
  /// A host name has no usable address: what the resolver says.
  case lookup(reason: String)
  /// TLS could not be set up or broke; the reason is OpenSSL's, never the peer's own text.
  case tls(reason: String)
  /// A file of a TLS configuration is of no use: one of certificates, or one of a key.
  case certificate(reason: String)
  case privateKey(reason: String)
  /// The peer speaks HTTP where a TLS handshake is due.
  case plainHTTP
  /// The peer ended the connection without TLS's closing message: what was read may be cut short.
  case cutOff

  package var description: String {
    switch self {
    case .system(let call, let code): "\(call): \(String(cString: strerror(code)))"
    case .lookup(let reason): reason
    case .tls(let reason), .certificate(let reason), .privateKey(let reason): reason
    case .plainHTTP: "the peer speaks HTTP without TLS"
    case .cutOff: "the connection was cut off"
    }
  }
}
