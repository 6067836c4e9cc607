import COpenSSL

/// What the connections to one source, or to one listener, share of TLS: certificates, protocols, and
/// the last session a server gave, so that the next connection resumes it. TLS 1.2 and 1.3.
///
/// `@unchecked Sendable`: `context` is configured in `init` only; afterwards it is handed to `SSL_new`
/// and to reference counting, which OpenSSL locks itself. The session is behind a lock.
package final class TLSContext: @unchecked Sendable {
  let context: OpaquePointer
  private let isClient: Bool
  private let verifiesServer: Bool
  private let resumable = Guarded<ResumableSession?>(nil)

  /// A client that verifies the server's chain and host name.
  /// - Parameters:
  ///   - caFile: PEM file of the only authorities to trust; nil: the system's.
  ///   - certificateFile: PEM chain to show when the server asks for a certificate, with `keyFile`.
  ///   - verifiesServer: false takes any certificate: for asking this machine's own server how it is.
  ///   - protocols: what to offer by ALPN, most wanted first, such as `h2`; names of 1 to 255 bytes.
  package init(
    clientTrusting caFile: String?, certificateFile: String? = nil, keyFile: String? = nil,
    verifiesServer: Bool = true, protocols: [String]
  ) throws(TransportError) {
    context = try Self.makeContext(TLS_client_method())
    isClient = true
    self.verifiesServer = verifiesServer
    SSL_CTX_set_verify(context, verifiesServer ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nil)
    if let caFile {
      guard SSL_CTX_load_verify_locations(context, caFile, nil) == 1 else {
        throw failure("\(caFile) holds no usable certificate")
      }
    } else {
      SSL_CTX_set_default_verify_paths(context)
    }
    if let certificateFile {
      try use(certificateFile: certificateFile, keyFile: keyFile ?? certificateFile)
    }
    let names = protocols.reduce(into: [UInt8]()) { list, name in
      list.append(UInt8(clamping: name.utf8.count))
      list.append(contentsOf: name.utf8.prefix(255))
    }
    // Unlike everything else here it returns 0 when it succeeds.
    if !names.isEmpty, SSL_CTX_set_alpn_protos(context, names, UInt32(names.count)) != 0 {
      throw failure("ALPN")
    }
    keepSessions()
  }

  /// A server with one certificate. A client that offers protocols by ALPN, and none of `protocols`,
  /// is turned away (RFC 7301, 3.2).
  package init(
    serverCertificateFile: String, keyFile: String, protocols: [StaticString]
  ) throws(TransportError) {
    context = try Self.makeContext(TLS_server_method())
    isClient = false
    verifiesServer = false
    self.protocols = protocols
    try use(certificateFile: serverCertificateFile, keyFile: keyFile)
    // Forward secrecy and authenticated encryption; 1.3 has nothing else.
    guard SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 else {
      throw failure("ciphers")
    }
    // A handshake is dear, and one a connection is enough.
    copenssl_ctx_forbid_renegotiation(context)
    // Tickets, which clients keep, resume sessions on every loop; nothing is kept here.
    _ = copenssl_ctx_set_session_cache_mode(context, Int(SSL_SESS_CACHE_OFF))
    SSL_CTX_set_session_id_context(context, "gateway", 7)
    SSL_CTX_set_ex_data(context, 0, Unmanaged.passUnretained(self).toOpaque())
    SSL_CTX_set_alpn_select_cb(
      context,
      { ssl, chosen, chosenLength, offered, offeredLength, _ in
        guard let owner = TLSContext.owner(of: ssl), let offered,
          let found = owner.choose(UnsafeBufferPointer(start: offered, count: Int(offeredLength)))
        else { return SSL_TLSEXT_ERR_ALERT_FATAL }
        chosen?.pointee = found.baseAddress
        chosenLength?.pointee = UInt8(found.count)
        return SSL_TLSEXT_ERR_OK
      }, nil)
  }

  private var protocols: [StaticString] = []

  deinit { SSL_CTX_free(context) }

  /// Begins a session on a connected descriptor, which stays the caller's. A client names the host
  /// that the certificate must be for: a DNS name or a numeric address.
  package func session(
    on descriptor: Int32, host: String = ""
  ) throws(TransportError) -> TLSSession {
    guard let ssl = SSL_new(context) else { throw failure("SSL_new") }
    guard SSL_set_fd(ssl, descriptor) == 1, !verifiesServer || expect(host, of: ssl) else {
      SSL_free(ssl)
      throw failure("\(host) cannot be verified")
    }
    if isClient {
      SSL_set_connect_state(ssl)
      if let known = resumable.withLock({ $0 }) { SSL_set_session(ssl, known.session) }
    } else {
      SSL_set_accept_state(ssl)
    }
    return TLSSession(ssl, of: self)
  }

  private static func makeContext(_ method: OpaquePointer?) throws(TransportError) -> OpaquePointer
  {
    ERR_clear_error()
    guard let context = SSL_CTX_new(method) else {
      throw TransportError.tls(reason: "SSL_CTX_new: \(TLSSession.queuedReason())")
    }
    _ = copenssl_set_min_proto_version(context, TLS1_2_VERSION)
    // Buffers of idle connections are given back, and a write may continue from a moved buffer.
    let mode =
      SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
      | SSL_MODE_RELEASE_BUFFERS
    _ = copenssl_ctx_set_mode(context, Int(mode))
    // Without it OpenSSL asks the terminal for the passphrase of a key that has one.
    SSL_CTX_set_default_passwd_cb(context) { _, _, _, _ in -1 }
    return context
  }

  private func use(certificateFile: String, keyFile: String) throws(TransportError) {
    guard SSL_CTX_use_certificate_chain_file(context, certificateFile) == 1 else {
      throw .certificate(
        reason: "\(certificateFile) holds no usable certificate: \(TLSSession.queuedReason())")
    }
    guard SSL_CTX_use_PrivateKey_file(context, keyFile, SSL_FILETYPE_PEM) == 1,
      SSL_CTX_check_private_key(context) == 1
    else {
      throw .privateKey(
        reason: "\(keyFile) is not the certificate's key: \(TLSSession.queuedReason())")
    }
  }

  /// Sets server name indication and what the certificate is checked against; an address goes
  /// without the first (RFC 6066, 3).
  private func expect(_ host: String, of ssl: OpaquePointer) -> Bool {
    if RemoteAddress(numeric: host, port: 0) != nil {
      return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1
    }
    SSL_set_hostflags(ssl, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
    return copenssl_set_tlsext_host_name(ssl, host) == 1 && SSL_set1_host(ssl, host) == 1
  }

  private func failure(_ what: String) -> TransportError {
    .tls(reason: "\(what): \(TLSSession.queuedReason())")
  }

  private func choose(_ offered: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8>? {
    for wanted in protocols {
      var rest = offered[...]
      while let length = rest.popFirst(), rest.count >= length {
        let name = UnsafeBufferPointer(rebasing: rest.prefix(Int(length)))
        rest = rest.dropFirst(Int(length))
        if wanted.withUTF8Buffer({ $0.elementsEqual(name) }) { return name }
      }
    }
    return nil
  }

  // MARK: Resumption

  /// OpenSSL's own cache serves servers; a client is told of each session that it could resume.
  private func keepSessions() {
    let mode = SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL
    _ = copenssl_ctx_set_session_cache_mode(context, Int(mode))
    // Unretained: sessions live no longer than a `TLSSession`, which keeps this object.
    SSL_CTX_set_ex_data(context, 0, Unmanaged.passUnretained(self).toOpaque())
    SSL_CTX_sess_set_new_cb(context) { ssl, session in
      guard let owner = TLSContext.owner(of: ssl), let session else { return 0 }
      let kept = ResumableSession(session)
      owner.resumable.withLock { $0 = kept }
      return 1  // The reference is ours now.
    }
  }

  private static func owner(of ssl: OpaquePointer?) -> TLSContext? {
    guard let context = SSL_get_SSL_CTX(ssl), let data = SSL_CTX_get_ex_data(context, 0) else {
      return nil
    }
    return Unmanaged<TLSContext>.fromOpaque(data).takeUnretainedValue()
  }
}

/// One reference to a session that a server offered for resumption.
///
/// `@unchecked Sendable`: the reference count is atomic, and a session that is set on a connection is
/// read only; a newer ticket makes a new one.
private final class ResumableSession: @unchecked Sendable {
  let session: OpaquePointer
  init(_ session: OpaquePointer) { self.session = session }
  deinit { SSL_SESSION_free(session) }
}
