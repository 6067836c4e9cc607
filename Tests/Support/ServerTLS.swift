import COpenSSL
import Transport

/// What a test's server is in TLS: its certificate, what it asks for, and what it has seen.
///
/// `@unchecked Sendable`: `context` is configured in `init` only, and used by OpenSSL's locked calls
/// afterwards; the rest is behind a lock.
package final class ServerTLS: @unchecked Sendable {
  let context: OpaquePointer
  private let seen = Guarded((handshakes: 0, resumed: 0, names: [String]()))

  /// - Parameters:
  ///   - certificate: a name of `CertificateAuthority`.
  ///   - asksForCertificate: certificates of clients are asked for and checked.
  ///   - choosesFirst: takes the protocol that the client wants most, of those that it offers.
  package init(
    certificate: String = "good", maximumVersion: Int32 = TLS1_3_VERSION,
    asksForCertificate: Bool = false, choosesFirst: Bool = false
  ) {
    let authority = CertificateAuthority.shared
    guard let context = SSL_CTX_new(TLS_server_method()) else { preconditionFailure("SSL_CTX_new") }
    self.context = context
    _ = SSL_CTX_use_certificate_chain_file(context, authority.certificate(certificate))
    _ = SSL_CTX_use_PrivateKey_file(context, authority.key(certificate), SSL_FILETYPE_PEM)
    SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(maximumVersion), nil)
    if asksForCertificate {
      SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
      SSL_CTX_load_verify_locations(context, authority.caFile, nil)
      SSL_CTX_set_session_id_context(context, "test", 4)
    }
    if choosesFirst {
      SSL_CTX_set_alpn_select_cb(
        context,
        { _, chosen, length, offered, _, _ in
          guard let offered else { return SSL_TLSEXT_ERR_NOACK }
          // A byte with its length stands before each name.
          chosen?.pointee = offered + 1
          length?.pointee = offered.pointee
          return SSL_TLSEXT_ERR_OK
        }, nil)
    }
  }

  deinit { SSL_CTX_free(context) }

  package var handshakes: Int { seen.withLock { $0.handshakes } }
  package var resumed: Int { seen.withLock { $0.resumed } }
  /// Server names that clients indicated.
  package var names: [String] { seen.withLock { $0.names } }

  func note(isResumed: Bool, name: String) {
    seen.withLock {
      $0.handshakes += 1
      if isResumed { $0.resumed += 1 }
      $0.names.append(name)
    }
  }
}
