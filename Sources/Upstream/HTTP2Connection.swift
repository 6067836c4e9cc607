import Bytes
import CNghttp2
import HTTP
import Transport

/// One HTTP/2 connection of a pool, with many exchanges at a time. A connection that says nothing is
/// asked whether it still lives; meanwhile it is given no new streams.
final class HTTP2Connection: Pollable, ExchangeCarrier {
  /// More are of no use to one source's calls, whatever the peer grants.
  private static let maximumStreams = 256
  /// After this without a byte, a connection is asked whether it lives, and given as long to answer.
  private static let silence = Duration.seconds(5)
  private static let maximumInformational = 8

  private unowned let pool: ConnectionPool
  private let loop: EventLoop
  private let session: HTTP2Session
  private let madeAt: Instant
  private var stream: ByteStream?
  private var streams: [Int32: HTTP2Stream] = [:]
  private var unsent: ByteBuffer?
  /// Exchanges that ended while nghttp2 was running: their owners may send, cancel or close, which
  /// must not happen inside of it.
  private var ended: [(exchange: Exchange, fault: Exchange.Fault?)] = []
  private var isSettling = false
  private var hasSettings = false
  private var hasServed = false
  private var isRetired = false
  private var isSuspect = false
  private var received = 0
  private var lastReceived: Instant
  private var pingedAt: Instant?
  private var idleSince: Instant
  private lazy var pulse = LoopTimer { [weak self] in self?.checkPulse() }

  init(_ socket: ConnectedSocket, pool: ConnectionPool, loop: EventLoop) throws(TransportError) {
    guard let session = HTTP2Session() else { throw .system(call: "nghttp2", errno: 12) }
    self.session = session
    self.pool = pool
    self.loop = loop
    madeAt = loop.now
    lastReceived = loop.now
    idleSince = loop.now
    stream = try ByteStream(adopting: socket, on: loop, watchedBy: self)
    session.delegate = self
    loop.schedule(pulse, after: Self.silence)
    // The preface, whether or not a request follows at once.
    settleLater()
  }

  var hasRoom: Bool {
    !isRetired && !isSuspect && stream != nil
      && streams.count < maximumStreams
      && (!hasServed || madeAt + pool.maximumAge > loop.now)
  }

  /// It may have room for more in a moment.
  var awaitsSettings: Bool { !hasSettings && !isRetired && !isSuspect && stream != nil }

  /// Before the peer has said how many it takes, more than one might be refused.
  private var maximumStreams: Int {
    hasSettings ? min(session.maximumStreams, Self.maximumStreams) : 1
  }

  func send(_ exchange: Exchange) {
    exchange.carried(by: self)
    let fields = pool.http2Fields.request(target: exchange.target, fields: exchange.fields)
    guard let id = session.request(fields) else {
      retire()
      ended.append((exchange, Self.refused))
      return settleLater()
    }
    hasServed = true
    streams[id] = HTTP2Stream(exchange, receivedBefore: received)
    // Requests of one turn of the loop leave in one write.
    settleLater()
  }

  func abandon(_ exchange: Exchange) {
    guard let (id, stream) = streams.first(where: { $0.value.exchange === exchange }) else {
      return
    }
    stream.exchange = nil
    session.reset(id)
    if stream.receivedBefore == received {
      // Not a byte since: the connection itself may be dead.
      isSuspect = true
      ping()
    }
    settleLater()
  }

  func ready(_ readiness: Readiness) {
    let end = readAll()
    flush()
    if let end {
      lose(end)
    } else if session.isFinished, stream != nil {
      lose(Exchange.Fault(code: .protocol, message: "the source broke the rules of HTTP/2"))
    }
    settle()
  }

  func close() {
    guard stream != nil else { return }
    session.sayGoodbye()
    flush()
    loop.cancel(pulse)
    stream?.close()
    stream = nil
    retire()
  }

  // MARK: Bytes

  /// Reads until the socket is empty; nil, or how the connection ended.
  private func readAll() -> Exchange.Fault? {
    while let stream {
      let scratch = pool.bodyScratch()
      switch stream.read(into: scratch, minimum: 1) {
      case .bytes(let count):
        received += count
        lastReceived = loop.now
        isSuspect = false
        if !session.receive(scratch.bytes) {
          return Exchange.Fault(code: .protocol, message: "the source does not speak HTTP/2")
        }
      case .wouldBlock: return nil
      case .end:
        return Exchange.Fault(code: .connect, message: "the connection ended", trace: .lost)
      case .failed(.tls(let reason)): return Exchange.Fault(code: .tls, message: reason)
      case .failed:
        return Exchange.Fault(code: .connect, message: "the connection was lost", trace: .lost)
      }
    }
    return nil
  }

  private func flush() {
    guard let stream else { return }
    while unsent != nil || session.wantsToSend {
      let pending = unsent ?? ByteBuffer(capacity: 1024)
      while pending.count < HTTP1Connection.chunkBytes {
        guard let more = session.nextToSend() else {
          return lose(Exchange.Fault(code: .protocol, message: "HTTP/2 broke"))
        }
        if more.isEmpty { break }
        pending.append(more)
      }
      guard !pending.isEmpty else { return unsent = nil }
      switch stream.write(pending.bytes) {
      case .bytes(let count):
        pending.removeFirst(count)
        unsent = pending.isEmpty ? nil : pending
      case .wouldBlock: return unsent = pending
      // Reading tells why.
      case .failed: return unsent = nil
      }
    }
  }

  /// Every stream ends with the connection.
  private func lose(_ fault: Exchange.Fault) {
    for stream in streams.values {
      guard let exchange = stream.exchange else { continue }
      ended.append((exchange, stream.fault(fault, received: received)))
    }
    streams = [:]
    loop.cancel(pulse)
    stream?.close()
    stream = nil
    retire()
    settleLater()
  }

  // MARK: Ends

  private static let refused = Exchange.Fault(
    code: .connect, message: "the source takes no more requests on this connection",
    trace: .neverProcessed)

  private func settleLater() {
    guard !isSettling else { return }
    isSettling = true
    loop.defer { [self] in
      isSettling = false
      flush()
      settle()
    }
  }

  /// Acts on what has happened, outside of nghttp2: room for more streams, and exchanges that ended.
  private func settle() {
    let batch = ended
    ended = []
    if isRetired, streams.isEmpty { close() }
    if hasRoom { pool.hasRoom() }
    for (exchange, fault) in batch {
      if let fault { exchange.fail(fault) } else { exchange.end() }
    }
  }

  private func retire() {
    guard !isRetired else { return }
    isRetired = true
    pool.retired(self)
  }

  // MARK: Life

  private func ping() {
    guard pingedAt == nil else { return }
    session.ping()
    pingedAt = loop.now
  }

  private func checkPulse() {
    let now = loop.now
    if let pingedAt, now - pingedAt >= Self.silence, lastReceived < pingedAt {
      return lose(
        Exchange.Fault(code: .connect, message: "the connection is dead", trace: .lost))
    }
    if pingedAt != nil, lastReceived >= pingedAt ?? now { pingedAt = nil }
    let isExpired = madeAt + pool.maximumAge <= now || idleSince + pool.idleTimeout <= now
    if streams.isEmpty, isExpired { return close() }
    if now - lastReceived >= Self.silence {
      ping()
      flush()
    }
    if stream != nil { loop.schedule(pulse, after: Self.silence) }
  }
}

extension HTTP2Connection: HTTP2SessionDelegate {
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
      ended.append((exchange, Self.refused))
    } else {
      let code = UpstreamFailure.Code.protocol
      ended.append(
        (exchange, Exchange.Fault(code: code, message: "the stream was reset", trace: .lost)))
    }
  }

  func goingAway() { retire() }

  func pong() { pingedAt = nil }

  func settingsArrived() { hasSettings = true }

  /// The exchange has what it needs, or cannot have it; what still comes is not wanted.
  private func end(_ id: Int32, _ fault: Exchange.Fault?) {
    guard let exchange = streams[id]?.exchange else { return }
    streams[id]?.exchange = nil
    ended.append((exchange, fault))
    session.reset(id)
  }
}
