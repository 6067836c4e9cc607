import COpenSSL
import Foundation
import Glibc
import Support
import Transport

/// A blocking TLS server on OpenSSL itself, one thread a connection, that answers each request head
/// with the same bytes. It does not use the code under test.
final class TLSServer: @unchecked Sendable {
  // `context` is configured before the first thread starts, and used by OpenSSL's locked calls only;
  // the rest is constant or behind a lock.
  let port: UInt16
  private let listener: Int32
  private let context: OpaquePointer
  private let seen = Guarded((handshakes: 0, resumed: 0, names: [String]()))

  struct Options: Sendable {
    var certificate = "good"
    var answer = response("[]")
    var maximumVersion = TLS1_3_VERSION
    /// Certificates of clients are asked for and checked.
    var asksForCertificate = false
    /// Answers on one connection; it ends after the last.
    var answersPerConnection = Int.max
    var closesProperly = true
  }

  init(_ options: Options = Options()) {
    let authority = CertificateAuthority.shared
    guard let context = SSL_CTX_new(TLS_server_method()) else { preconditionFailure("SSL_CTX_new") }
    self.context = context
    _ = SSL_CTX_use_certificate_chain_file(context, authority.certificate(options.certificate))
    _ = SSL_CTX_use_PrivateKey_file(
      context, authority.key(options.certificate), SSL_FILETYPE_PEM)
    SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(options.maximumVersion), nil)
    if options.asksForCertificate {
      SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
      SSL_CTX_load_verify_locations(context, authority.caFile, nil)
      SSL_CTX_set_session_id_context(context, "test", 4)
    }
    signal(SIGPIPE, SIG_IGN)
    let made = ScriptedServer.listen()
    listener = made.descriptor
    port = made.port
    Thread.detachNewThread { [listener, weak self] in
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0, let server = self else {
          if connection >= 0 { close(connection) }
          close(listener)
          return
        }
        Thread.detachNewThread { server.serve(connection, options) }
      }
    }
  }

  /// The accepting thread, which may be using it, closes the listener.
  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    SSL_CTX_free(context)
  }

  var handshakes: Int { seen.withLock { $0.handshakes } }
  var resumed: Int { seen.withLock { $0.resumed } }
  /// Server names that clients indicated.
  var names: [String] { seen.withLock { $0.names } }

  private func serve(_ connection: Int32, _ options: Options) {
    defer { close(connection) }
    guard let ssl = SSL_new(context) else { return }
    defer { SSL_free(ssl) }
    SSL_set_fd(ssl, connection)
    guard SSL_accept(ssl) == 1 else { return }
    let name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name).map { String(cString: $0) }
    let wasResumed = SSL_session_reused(ssl) == 1
    seen.withLock {
      $0.handshakes += 1
      if wasResumed { $0.resumed += 1 }
      $0.names.append(name ?? "")
    }
    for _ in 0..<options.answersPerConnection {
      var head: [UInt8] = []
      var byte: UInt8 = 0
      while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
        guard SSL_read(ssl, &byte, 1) == 1 else { return }
        head.append(byte)
      }
      SSL_write(ssl, options.answer, Int32(options.answer.utf8.count))
    }
    if options.closesProperly { SSL_shutdown(ssl) }
  }
}
