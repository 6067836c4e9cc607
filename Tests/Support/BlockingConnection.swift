import COpenSSL
import Glibc

/// One accepted connection, read and written by a thread that waits; plain until it is secured, by
/// OpenSSL itself. Nothing here is code under test.
package final class BlockingConnection {
  private let descriptor: Int32
  private var ssl: OpaquePointer?

  package init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit {
    if let ssl { SSL_free(ssl) }
    close(descriptor)
  }

  /// The server's side of a handshake; false when it failed.
  package func secure(_ tls: ServerTLS) -> Bool {
    ssl = SSL_new(tls.context)
    SSL_set_fd(ssl, descriptor)
    guard SSL_accept(ssl) == 1 else { return false }
    let name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name).map { String(cString: $0) }
    tls.note(isResumed: SSL_session_reused(ssl) == 1, name: name ?? "")
    return true
  }

  /// Bytes read, at most as many as fit; 0 or less at the end.
  package func read(into buffer: inout [UInt8]) -> Int {
    guard let ssl else { return recv(descriptor, &buffer, buffer.count, 0) }
    return Int(SSL_read(ssl, &buffer, Int32(buffer.count)))
  }

  /// A request's head; nil when the peer ends before.
  package func readHead() -> String? {
    var head: [UInt8] = []
    var byte: [UInt8] = [0]
    while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
      guard read(into: &byte) == 1 else { return nil }
      head += byte
    }
    return String(decoding: head, as: UTF8.self)
  }

  /// False when the peer is gone.
  @discardableResult
  package func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = UnsafeRawBufferPointer(rebasing: rest)
      let count =
        ssl.map { Int(SSL_write($0, piece.baseAddress, Int32(piece.count))) }
        ?? send(descriptor, piece.baseAddress, piece.count, Int32(MSG_NOSIGNAL))
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  @discardableResult
  package func write(_ bytes: some Sequence<UInt8>) -> Bool {
    Array(bytes).withUnsafeBytes { write($0) }
  }

  /// A byte each `milliseconds`, until the peer has had enough.
  package func drip(_ bytes: some Sequence<UInt8>, milliseconds: Int32) {
    for byte in bytes {
      guard write([byte]) else { return }
      var interest = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      if poll(&interest, 1, milliseconds) > 0 { return }
    }
  }

  package func waitForEnd() {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while recv(descriptor, &buffer, buffer.count, 0) > 0 {}
  }

  /// TLS's own end.
  package func sayGoodbye() {
    if let ssl { SSL_shutdown(ssl) }
  }

  /// It will end with a reset.
  package func prepareReset() {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
  }
}
