import CNghttp2
import Foundation
import Glibc
import Transport

/// A blocking HTTP/2 server on nghttp2 and OpenSSL, one thread a connection. What it does with a
/// request stands in the request's path, or is the same for all.
package final class HTTP2Server: Sendable {
  package static let largeBody = String(repeating: "0123456789abcdef", count: 100_000)

  fileprivate struct State {
    var connections = 0
    var requests: [String] = []
    var deed: String?
  }

  fileprivate final class Shared: Sendable {
    let state = Guarded(State())
    let tls = ServerTLS(choosesFirst: true)
    let maximumStreams: UInt32
    let body: String?

    init(maximumStreams: UInt32, body: String?) {
      self.maximumStreams = maximumStreams
      self.body = body
    }

    func note(_ request: String) -> (number: Int, deed: String?) {
      state.withLock {
        $0.requests.append(request)
        return ($0.requests.count, $0.deed)
      }
    }
  }

  private let shared: Shared
  private let server: LoopbackServer

  /// - Parameter body: of what goes well; the request's number in brackets by default.
  package init(maximumStreams: UInt32 = 100, body: String? = nil) {
    let shared = Shared(maximumStreams: maximumStreams, body: body)
    self.shared = shared
    server = LoopbackServer { descriptor in
      let deed = shared.state.withLock {
        $0.connections += 1
        return $0.deed
      }
      HTTP2ServerConnection(descriptor, shared).serve(isMute: deed == "mute")
    }
  }

  package var port: UInt16 { server.port }
  package var connections: Int { shared.state.withLock { $0.connections } }
  package var handshakes: Int { shared.tls.handshakes }
  package var requests: [String] { shared.state.withLock { $0.requests } }

  /// What is done with every request from now on, whatever its path; nil: as the path says.
  package func doAlways(_ deed: String?) { shared.state.withLock { $0.deed = deed } }
}

/// Belongs to its thread.
private final class HTTP2ServerConnection {
  private let connection: BlockingConnection
  private let server: HTTP2Server.Shared
  private var session: OpaquePointer?
  private var paths: [Int32: String] = [:]
  private var bodies: [Int32: ArraySlice<UInt8>] = [:]
  /// Streams whose answers stop in their middle, and those that end with a trailer.
  private var stalled: Set<Int32> = []
  private var trailed: Set<Int32> = []
  private var ends = false

  init(_ descriptor: Int32, _ server: HTTP2Server.Shared) {
    connection = BlockingConnection(descriptor)
    self.server = server
  }

  func serve(isMute: Bool) {
    defer { nghttp2_session_del(session) }
    guard connection.secure(server.tls) else { return }
    if isMute { return connection.waitForEnd() }
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
      let count = connection.read(into: &buffer)
      guard count > 0, nghttp2_session_mem_recv(session, buffer, count) == count else { return }
    }
  }

  private func flush() -> Bool {
    while true {
      var bytes: UnsafePointer<UInt8>?
      let count = nghttp2_session_mem_send(session, &bytes)
      if count <= 0 { return count == 0 }
      guard connection.write(UnsafeRawBufferPointer(start: bytes, count: count)) else {
        return false
      }
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
    nghttp2_session_callbacks_set_select_padding_callback(callbacks) { _, frame, maximum, data in
      guard let header = frame?.pointee.hd else { return 0 }
      let isPadded = me(data)?.paths[header.stream_id]?.hasSuffix("padded") == true
      return isPadded ? min(maximum, header.length + 200) : header.length
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
    let (number, deed) = server.note(path)
    let good = server.body ?? "[\(number)]"
    switch deed ?? path.split(separator: "/").last.map(String.init) ?? "" {
    case "large": respond(stream, "200", HTTP2Server.largeBody)
    case "missing": respond(stream, "404", "no")
    case "broken": respond(stream, "503", "no")
    case "html": respond(stream, "200", "x", type: "text/html")
    case "refused-first" where number == 1: reset(stream, NGHTTP2_REFUSED_STREAM)
    case "reset": reset(stream, NGHTTP2_INTERNAL_ERROR)
    case "hang": break
    case "dead":
      // Not even a PING is answered any more.
      _ = flush()
      connection.waitForEnd()
      ends = true
    case "refused": reset(stream, NGHTTP2_REFUSED_STREAM)
    case "goaway":
      nghttp2_submit_goaway(session, 0, 0, UInt32(NGHTTP2_NO_ERROR.rawValue), nil, 0)
    case "stall":
      stalled.insert(stream)
      respond(stream, "200", HTTP2Server.largeBody)
    case "trailer":
      trailed.insert(stream)
      respond(stream, "200", good)
    case "interims":
      for _ in 0..<9 { interim(stream) }
    case "goaway-first" where number == 1:
      // The stream is above the last one that will be answered.
      nghttp2_submit_goaway(session, 0, 0, UInt32(NGHTTP2_NO_ERROR.rawValue), nil, 0)
    case "goaway-after":
      respond(stream, "200", good)
      nghttp2_submit_goaway(session, 0, stream, UInt32(NGHTTP2_NO_ERROR.rawValue), nil, 0)
    case "cut": ends = true
    case "garbage":
      _ = flush()
      connection.write("HTTP/1.1 200 OK\r\n\r\n and more of it".utf8)
    case "interim":
      interim(stream)
      respond(stream, "200", good)
    case "long-head":
      respond(
        stream, "200", "x",
        further: (0..<50).map { ("x-\($0)", String(repeating: "y", count: 1000)) })
    default: respond(stream, "200", good)
    }
  }

  private func interim(_ stream: Int32) {
    nv([(":status", "103"), ("link", "x")]) {
      _ = nghttp2_submit_headers(session, 0, stream, nil, $0, $1, nil)
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
      if me.stalled.contains(stream), rest.count < HTTP2Server.largeBody.utf8.count {
        return Int(NGHTTP2_ERR_DEFERRED.rawValue)
      }
      let piece = rest.prefix(capacity)
      _ = UnsafeMutableBufferPointer(start: space, count: capacity).update(fromContentsOf: piece)
      rest = rest.dropFirst(piece.count)
      me.bodies[stream] = rest
      if rest.isEmpty {
        flags?.pointee |= UInt32(NGHTTP2_DATA_FLAG_EOF.rawValue)
        if me.trailed.contains(stream) {
          flags?.pointee |= UInt32(NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue)
          me.nv([("x-end", "1")]) {
            _ = nghttp2_submit_trailer(me.session, stream, $0, $1)
          }
        }
      }
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
