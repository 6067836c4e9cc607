import COpenSSL
import Glibc

/// TLS over one non-blocking descriptor: what `ByteStream` reads and writes through when the
/// connection is secured. Belongs to its connection's loop.
package final class TLSSession {
  enum HandshakeOutcome {
    case done
    case wouldBlock
    case failed(TransportError)
  }

  private let ssl: OpaquePointer
  /// Keeps the context alive for OpenSSL's callbacks.
  private let context: TLSContext
  /// Nothing more may be asked of OpenSSL after a fatal error.
  private var isBroken = false
  private var saidGoodbye = false

  init(_ ssl: OpaquePointer, of context: TLSContext) {
    self.ssl = ssl
    self.context = context
  }

  deinit { SSL_free(ssl) }

  /// What ALPN agreed on, such as `h2`; nil when the peer did not choose.
  package var negotiatedProtocol: String? {
    var name: UnsafePointer<UInt8>?
    var length: UInt32 = 0
    SSL_get0_alpn_selected(ssl, &name, &length)
    guard let name else { return nil }
    return String(decoding: UnsafeBufferPointer(start: name, count: Int(length)), as: UTF8.self)
  }

  /// Whether the handshake is done. A server's goes on with each read.
  package var isEstablished: Bool { SSL_is_init_finished(ssl) == 1 }

  func handshake() -> HandshakeOutcome {
    ERR_clear_error()
    let result = SSL_do_handshake(ssl)
    if result == 1 { return .done }
    switch SSL_get_error(ssl, result) {
    case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .wouldBlock
    default:
      return .failed(handshakeError())
    }
  }

  /// One record, or what is left of it.
  func read(into space: UnsafeMutableRawBufferPointer) -> ByteStream.ReadOutcome {
    if isBroken { return .end }
    ERR_clear_error()
    var count = 0
    if SSL_read_ex(ssl, space.baseAddress, space.count, &count) == 1 { return .bytes(count) }
    switch SSL_get_error(ssl, 0) {
    case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .wouldBlock
    case SSL_ERROR_ZERO_RETURN: return .end
    default: return .failed(breakage())
    }
  }

  func write(_ bytes: UnsafeRawBufferPointer) -> ByteStream.WriteOutcome {
    if isBroken { return .failed(.cutOff) }
    // SSL_write of nothing is undefined.
    if bytes.isEmpty { return .bytes(0) }
    ERR_clear_error()
    var count = 0
    if SSL_write_ex(ssl, bytes.baseAddress, bytes.count, &count) == 1 { return .bytes(count) }
    switch SSL_get_error(ssl, 0) {
    case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .wouldBlock
    default: return .failed(breakage())
    }
  }

  /// Sends the closing message if the socket takes it at once; the peer's is not waited for.
  /// Without it OpenSSL would not let the session be resumed.
  func sayGoodbye() {
    guard !isBroken, !saidGoodbye, SSL_is_init_finished(ssl) == 1 else { return }
    saidGoodbye = true
    ERR_clear_error()
    SSL_shutdown(ssl)
  }

  private func breakage() -> TransportError {
    let systemError = errno
    isBroken = true
    let code = ERR_peek_error()
    if code == 0 { return systemError == 0 ? .cutOff : .system(call: "recv", errno: systemError) }
    switch ERR_GET_REASON(code) {
    case SSL_R_UNEXPECTED_EOF_WHILE_READING: return .cutOff
    case SSL_R_HTTP_REQUEST: return .plainHTTP
    default: break
    }
    return .tls(reason: Self.queuedReason())
  }

  /// What went wrong in a handshake: a certificate that was refused says why.
  private func handshakeError() -> TransportError {
    let broken = breakage()
    let verification = SSL_get_verify_result(ssl)
    if verification != Int(X509_V_OK), let text = X509_verify_cert_error_string(verification) {
      return .tls(reason: "the server's certificate was refused: \(String(cString: text))")
    }
    return broken
  }

  /// The oldest of OpenSSL's queued errors, in its words.
  static func queuedReason() -> String {
    let code = ERR_get_error()
    guard code != 0, let reason = ERR_reason_error_string(code) else { return "unknown error" }
    return String(cString: reason)
  }
}
