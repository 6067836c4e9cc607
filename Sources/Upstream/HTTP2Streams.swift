import CNghttp2
import HTTP
import Transport

/// The streams of one HTTP/2 connection: turns what nghttp2 reports into heads, bodies and ends of
/// exchanges. Ends are collected, not acted on: their owners may send, cancel or close, which must not
/// happen while nghttp2 is running.
final class HTTP2Streams: HTTP2SessionDelegate {
  typealias End = (exchange: Exchange, fault: Exchange.Fault?)

  /// Nothing sensible sends more of them before an answer.
  private static let maximumInformational = 8

  private let session: HTTP2Session
  private let loop: EventLoop
  private var streams: [Int32: HTTP2Stream] = [:]
  private var ended: [End] = []
  private(set) var hasSettings = false
  /// The peer takes no new streams on this connection.
  private(set) var isGoingAway = false
  /// Since when there has been no stream.
  private(set) var idleSince: Instant

  init(_ session: HTTP2Session, loop: EventLoop) {
    self.session = session
    self.loop = loop
    idleSince = loop.now
    session.delegate = self
  }

  var count: Int { streams.count }
  var isEmpty: Bool { streams.isEmpty }

  /// - Parameter receivedBefore: how much the connection has received.
  /// - Returns: false when it takes no more; the exchange has ended then.
  func open(_ exchange: Exchange, _ fields: [nghttp2_nv], receivedBefore: Int) -> Bool {
    guard let id = session.request(fields) else {
      ended.append((exchange, .refused))
      return false
    }
    streams[id] = HTTP2Stream(exchange, receivedBefore: receivedBefore, at: loop.now)
    return true
  }

  /// The stream that was given up, if there is one.
  func abandon(_ exchange: Exchange) -> HTTP2Stream? {
    guard let (id, stream) = streams.first(where: { $0.value.exchange === exchange }) else {
      return nil
    }
    stream.exchange = nil
    session.reset(id)
    return stream
  }

  /// The connection, which has received so many bytes, has ended, and every stream with it.
  func lose(_ fault: Exchange.Fault, received: Int) {
    for stream in streams.values {
      guard let exchange = stream.exchange else { continue }
      ended.append((exchange, stream.fault(fault, received: received)))
    }
    streams = [:]
  }

  func takeEnded() -> [End] {
    defer { ended = [] }
    return ended
  }

  // MARK: From nghttp2

  func field(
    _ id: Int32, _ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    // What comes after the head is a trailer: nothing in it is of use.
    guard let stream = streams[id], !stream.hasHead else { return true }
    // As SETTINGS_MAX_HEADER_LIST_SIZE counts (RFC 9113, 6.5.2).
    stream.fieldBytes += name.count + value.count + 32
    guard stream.fieldBytes <= HTTP2Session.maximumFieldBytes else {
      end(id, Exchange.Fault(code: .protocol, message: "the head is too long"))
      return false
    }
    if name.elementsEqual(":status".utf8) {
      stream.status = Int(String(decoding: value, as: UTF8.self)) ?? 0
    } else {
      if name.elementsEqual("content-length".utf8) {
        stream.contentLength = Int(String(decoding: value, as: UTF8.self))
      }
      stream.fields.append(name: name, value: value)
    }
    return true
  }

  func fieldsEnded(_ id: Int32) {
    guard let stream = streams[id], !stream.hasHead else { return }
    if stream.status < 200 {
      stream.informational += 1
      stream.fields = Fields()
      stream.fieldBytes = 0
      if stream.informational > Self.maximumInformational {
        end(id, Exchange.Fault(code: .protocol, message: "too many interim answers"))
      }
      return
    }
    stream.hasHead = true
    do throws(Exchange.Fault) {
      let use = try stream.exchange?.begin(
        status: stream.status, fields: stream.fields, contentLength: stream.contentLength)
      stream.fields = Fields()
      // Of an ignored body the status is all that is wanted.
      if use == .ignore { end(id, nil) }
    } catch {
      end(id, error)
    }
  }

  func data(_ id: Int32, _ bytes: UnsafeRawBufferPointer) {
    do throws(Exchange.Fault) {
      try streams[id]?.exchange?.append(bytes)
    } catch {
      end(id, error)
    }
  }

  func endOfStream(_ id: Int32) { streams[id]?.isComplete = true }

  func closed(_ id: Int32, errorCode: UInt32) {
    guard let stream = streams.removeValue(forKey: id) else { return }
    if streams.isEmpty { idleSince = loop.now }
    guard let exchange = stream.exchange else { return }
    if stream.isComplete, stream.hasHead {
      ended.append((exchange, nil))
    } else if errorCode == NGHTTP2_REFUSED_STREAM.rawValue {
      ended.append((exchange, .refused))
    } else {
      let fault = Exchange.Fault(
        code: .protocol, message: "the stream was reset", trace: .lost)
      ended.append((exchange, fault))
    }
  }

  func goingAway() { isGoingAway = true }

  func settingsArrived() { hasSettings = true }

  /// The exchange has what it needs, or cannot have it; what still comes is not wanted.
  private func end(_ id: Int32, _ fault: Exchange.Fault?) {
    guard let exchange = streams[id]?.exchange else { return }
    streams[id]?.exchange = nil
    ended.append((exchange, fault))
    session.reset(id)
  }
}
