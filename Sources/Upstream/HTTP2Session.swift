import CNghttp2

/// What HTTP/2 frames mean for streams, as events: nghttp2's callbacks, with nothing of nghttp2 showing.
protocol HTTP2SessionDelegate: AnyObject {
  func field(
    _ stream: Int32, _ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>
  ) -> Bool
  /// A block of fields is complete.
  func fieldsEnded(_ stream: Int32)
  func data(_ stream: Int32, _ bytes: UnsafeRawBufferPointer)
  func endOfStream(_ stream: Int32)
  func closed(_ stream: Int32, errorCode: UInt32)
  /// The peer takes no new streams on this connection.
  func goingAway()
  /// The peer's settings are known, those that it does not send at their defaults.
  func settingsArrived()
}

/// One client session of nghttp2 over memory: bytes in, events and bytes out. nghttp2 checks framing,
/// flow control, HPACK, and that fields and lengths are those of valid messages.
final class HTTP2Session {
  /// A whole page fits without waiting for the window to be opened again.
  private static let streamWindow: Int32 = 4 << 20
  private static let connectionWindow: Int32 = 8 << 20
  static let maximumFieldBytes = 32 * 1024

  weak var delegate: (any HTTP2SessionDelegate)?
  private var session: OpaquePointer?

  /// Nil when memory is short.
  init?() {
    var callbacks: OpaquePointer?
    guard nghttp2_session_callbacks_new(&callbacks) == 0, let callbacks else { return nil }
    defer { nghttp2_session_callbacks_del(callbacks) }
    Self.set(callbacks)
    // Unretained: the session dies with this object.
    let me = Unmanaged.passUnretained(self).toOpaque()
    guard nghttp2_session_client_new(&session, callbacks, me) == 0 else { return nil }
    let settings = [
      setting(NGHTTP2_SETTINGS_ENABLE_PUSH, 0),
      setting(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, UInt32(Self.streamWindow)),
      setting(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, UInt32(Self.maximumFieldBytes)),
    ]
    let none = UInt8(NGHTTP2_FLAG_NONE.rawValue)
    nghttp2_submit_settings(session, none, settings, settings.count)
    nghttp2_session_set_local_window_size(session, none, 0, Self.connectionWindow)
  }

  deinit { nghttp2_session_del(session) }

  /// False when the bytes were no HTTP/2: the connection is of no further use.
  func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return true }
    return nghttp2_session_mem_recv(session, start, bytes.count) == bytes.count
  }

  /// The next bytes to send, valid until the next call; empty when there are none, nil when the
  /// session is broken.
  func nextToSend() -> UnsafeRawBufferPointer? {
    var start: UnsafePointer<UInt8>?
    let count = nghttp2_session_mem_send(session, &start)
    return count < 0 ? nil : UnsafeRawBufferPointer(start: start, count: count)
  }

  /// Opens a stream for a request without a body; nil when the connection takes no more.
  func request(_ fields: [nghttp2_nv]) -> Int32? {
    let stream = nghttp2_submit_request(session, nil, fields, fields.count, nil, nil)
    return stream > 0 ? stream : nil
  }

  func reset(_ stream: Int32) {
    let none = UInt8(NGHTTP2_FLAG_NONE.rawValue)
    nghttp2_submit_rst_stream(session, none, stream, UInt32(NGHTTP2_CANCEL.rawValue))
  }

  func ping() {
    nghttp2_submit_ping(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), nil)
  }

  /// Queues the closing message.
  func sayGoodbye() {
    nghttp2_session_terminate_session(session, UInt32(NGHTTP2_NO_ERROR.rawValue))
  }

  var wantsToSend: Bool { nghttp2_session_want_write(session) != 0 }

  /// Nothing more is read or written: after a breach of protocol, once the peer has been told.
  var isFinished: Bool {
    nghttp2_session_want_read(session) == 0 && nghttp2_session_want_write(session) == 0
  }

  var maximumStreams: Int {
    Int(nghttp2_session_get_remote_settings(session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS))
  }

  private func setting(_ id: nghttp2_settings_id, _ value: UInt32) -> nghttp2_settings_entry {
    nghttp2_settings_entry(settings_id: Int32(id.rawValue), value: value)
  }

  private static func delegate(_ data: UnsafeMutableRawPointer?) -> (any HTTP2SessionDelegate)? {
    guard let data else { return nil }
    return Unmanaged<HTTP2Session>.fromOpaque(data).takeUnretainedValue().delegate
  }

  private static func set(_ callbacks: OpaquePointer) {
    nghttp2_session_callbacks_set_on_header_callback(callbacks) {
      _, frame, name, nameLength, value, valueLength, _, data in
      guard let frame, let delegate = HTTP2Session.delegate(data) else { return 0 }
      let isTaken = delegate.field(
        frame.pointee.hd.stream_id, UnsafeBufferPointer(start: name, count: nameLength),
        UnsafeBufferPointer(start: value, count: valueLength))
      // This ends the stream, and not the connection.
      return isTaken ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
    }
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { _, frame, data in
      guard let header = frame?.pointee.hd, let delegate = HTTP2Session.delegate(data) else {
        return 0
      }
      let isEnd = header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
      switch UInt32(header.type) {
      case NGHTTP2_HEADERS.rawValue:
        delegate.fieldsEnded(header.stream_id)
        if isEnd { delegate.endOfStream(header.stream_id) }
      case NGHTTP2_DATA.rawValue: if isEnd { delegate.endOfStream(header.stream_id) }
      case NGHTTP2_GOAWAY.rawValue: delegate.goingAway()
      case NGHTTP2_SETTINGS.rawValue:
        if header.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) == 0 { delegate.settingsArrived() }
      default: break
      }
      return 0
    }
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) {
      _, _, stream, bytes, count, data in
      HTTP2Session.delegate(data)?.data(stream, UnsafeRawBufferPointer(start: bytes, count: count))
      return 0
    }
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) {
      _, stream, errorCode, data in
      HTTP2Session.delegate(data)?.closed(stream, errorCode: errorCode)
      return 0
    }
  }
}
