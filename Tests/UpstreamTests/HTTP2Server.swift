import CNghttp2
import COpenSSL
import Foundation
import Glibc
import Support
import Transport

/// A blocking HTTP/2 server on nghttp2 and OpenSSL, one thread a connection. What it does with a
/// request stands in the request's path.
final class HTTP2Server: @unchecked Sendable {
  // `context` is configured before the first thread starts and used by OpenSSL's locked calls only;
  // the rest is constant or behind a lock.
  let port: UInt16
  private let listener: Int32
  private let context: OpaquePointer
  private let seen = Guarded((connections: 0, requests: [String]()))
  let maximumStreams: UInt32

  static let largeBody = String(repeating: "0123456789abcdef", count: 100_000)

  init(maximumStreams: UInt32 = 100) {
    self.maximumStreams = maximumStreams
    let authority = CertificateAuthority.shared
    guard let context = SSL_CTX_new(TLS_server_method()) else { preconditionFailure("SSL_CTX_new") }
    self.context = context
    _ = SSL_CTX_use_certificate_chain_file(context, authority.certificate("good"))
    _ = SSL_CTX_use_PrivateKey_file(context, authority.key("good"), SSL_FILETYPE_PEM)
    SSL_CTX_set_alpn_select_cb(
      context,
      { _, chosen, length, offered, _, _ in
        // The client offers h2 first: its length byte, then its name.
        chosen?.pointee = offered.map { $0 + 1 }
        length?.pointee = 2
        return SSL_TLSEXT_ERR_OK
      }, nil)
    signal(SIGPIPE, SIG_IGN)
    let made = ScriptedServer.listen()
    listener = made.descriptor
    port = made.port
    Thread.detachNewThread { [listener, weak self] in
      while true {
        let descriptor = accept(listener, nil, nil)
        guard descriptor >= 0, let server = self else {
          if descriptor >= 0 { close(descriptor) }
          close(listener)
          return
        }
        server.seen.withLock { $0.connections += 1 }
        Thread.detachNewThread { HTTP2ServerConnection(descriptor, server.context, server).serve() }
      }
    }
  }

  /// The accepting thread, which may be using it, closes the listener.
  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    SSL_CTX_free(context)
  }

  var connections: Int { seen.withLock { $0.connections } }
  var requests: [String] { seen.withLock { $0.requests } }
  fileprivate func note(_ request: String) -> Int {
    seen.withLock {
      $0.requests.append(request)
      return $0.requests.count
    }
  }
}

/// Belongs to its thread.
private final class HTTP2ServerConnection {
  private let descriptor: Int32
  private let ssl: OpaquePointer?
  private let server: HTTP2Server
  private var session: OpaquePointer?
  private var paths: [Int32: String] = [:]
  fileprivate var bodies: [Int32: ArraySlice<UInt8>] = [:]
  private var ends = false

  init(_ descriptor: Int32, _ context: OpaquePointer, _ server: HTTP2Server) {
    self.descriptor = descriptor
    self.server = server
    ssl = SSL_new(context)
    SSL_set_fd(ssl, descriptor)
  }

  func serve() {
    defer {
      nghttp2_session_del(session)
      SSL_free(ssl)
      close(descriptor)
    }
    guard SSL_accept(ssl) == 1 else { return }
    var callbacks: OpaquePointer?
    nghttp2_session_callbacks_new(&callbacks)
    setCallbacks(callbacks)
    nghttp2_session_server_new(&session, callbacks, Unmanaged.passUnretained(self).toOpaque())
    nghttp2_session_callbacks_del(callbacks)
    let settings = nghttp2_settings_entry(
      settings_id: Int32(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS.rawValue),
      value: server.maximumStreams)
    nghttp2_submit_settings(session, 0, [settings], 1)
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while flush(), !ends {
      let count = SSL_read(ssl, &buffer, Int32(buffer.count))
      guard count > 0, nghttp2_session_mem_recv(session, buffer, Int(count)) == Int(count) else {
        return
      }
    }
  }

  private func flush() -> Bool {
    while true {
      var bytes: UnsafePointer<UInt8>?
      let count = nghttp2_session_mem_send(session, &bytes)
      if count <= 0 { return count == 0 }
      if SSL_write(ssl, bytes, Int32(count)) != Int32(count) { return false }
    }
  }

  private func setCallbacks(_ callbacks: OpaquePointer?) {
    nghttp2_session_callbacks_set_on_header_callback(callbacks) {
      _, frame, name, nameLength, value, valueLength, _, data in
      let name = String(
        decoding: UnsafeBufferPointer(start: name, count: nameLength), as: UTF8.self)
      let value = String(
        decoding: UnsafeBufferPointer(start: value, count: valueLength), as: UTF8.self)
      if name == ":path", let frame { me(data)?.paths[frame.pointee.hd.stream_id] = value }
      return 0
    }
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { _, frame, data in
      if let header = frame?.pointee.hd, UInt32(header.type) == NGHTTP2_HEADERS.rawValue {
        me(data)?.answer(header.stream_id)
      }
      return 0
    }
  }

  private func answer(_ stream: Int32) {
    let path = paths[stream] ?? ""
    let number = server.note(path)
    switch path.split(separator: "/").last.map(String.init) ?? "" {
    case "large": respond(stream, "200", HTTP2Server.largeBody)
    case "missing": respond(stream, "404", "no")
    case "broken": respond(stream, "503", "no")
    case "html": respond(stream, "200", "x", type: "text/html")
    case "refused-first" where number == 1: reset(stream, NGHTTP2_REFUSED_STREAM)
    case "reset": reset(stream, NGHTTP2_INTERNAL_ERROR)
    case "hang": break
    case "goaway-first" where number == 1:
      // The stream is above the last one that will be answered.
      nghttp2_submit_goaway(session, 0, 0, UInt32(NGHTTP2_NO_ERROR.rawValue), nil, 0)
    case "goaway-after":
      respond(stream, "200", "[\(number)]")
      nghttp2_submit_goaway(session, 0, stream, UInt32(NGHTTP2_NO_ERROR.rawValue), nil, 0)
    case "cut": ends = true
    case "garbage":
      _ = flush()
      _ = SSL_write(ssl, "HTTP/1.1 200 OK\r\n\r\n and more of it", 36)
    case "interim":
      nv([(":status", "103"), ("link", "x")]) {
        _ = nghttp2_submit_headers(session, 0, stream, nil, $0, $1, nil)
      }
      respond(stream, "200", "[\(number)]")
    case "long-head":
      respond(
        stream, "200", "x",
        further: (0..<50).map { ("x-\($0)", String(repeating: "y", count: 1000)) })
    default: respond(stream, "200", "[\(number)]")
    }
  }

  private func reset(_ stream: Int32, _ code: nghttp2_error_code) {
    nghttp2_submit_rst_stream(session, 0, stream, UInt32(code.rawValue))
  }

  private func respond(
    _ stream: Int32, _ status: String, _ body: String, type: String = "application/json",
    further: [(String, String)] = []
  ) {
    bodies[stream] = Array(body.utf8)[...]
    var provider = nghttp2_data_provider()
    provider.read_callback = { _, stream, space, capacity, flags, _, data in
      guard let me = me(data), var rest = me.bodies[stream], let space else { return 0 }
      let piece = rest.prefix(capacity)
      _ = UnsafeMutableBufferPointer(start: space, count: capacity).update(fromContentsOf: piece)
      rest = rest.dropFirst(piece.count)
      me.bodies[stream] = rest
      if rest.isEmpty { flags?.pointee |= UInt32(NGHTTP2_DATA_FLAG_EOF.rawValue) }
      return piece.count
    }
    nv([(":status", status), ("content-type", type)] + further) {
      _ = nghttp2_submit_response(session, stream, $0, $1, &provider)
    }
  }

  private func nv(
    _ fields: [(String, String)], _ body: (UnsafePointer<nghttp2_nv>?, Int) -> Void
  ) {
    let copies = fields.map { (strdup($0.0), strdup($0.1)) }
    defer {
      for (name, value) in copies {
        free(name)
        free(value)
      }
    }
    let entries = copies.map { name, value in
      nghttp2_nv(
        name: UnsafeMutableRawPointer(name)?.assumingMemoryBound(to: UInt8.self),
        value: UnsafeMutableRawPointer(value)?.assumingMemoryBound(to: UInt8.self),
        namelen: name.map { strlen($0) } ?? 0, valuelen: value.map { strlen($0) } ?? 0, flags: 0)
    }
    entries.withUnsafeBufferPointer { body($0.baseAddress, $0.count) }
  }
}

private func me(_ data: UnsafeMutableRawPointer?) -> HTTP2ServerConnection? {
  data.map { Unmanaged<HTTP2ServerConnection>.fromOpaque($0).takeUnretainedValue() }
}
