import Bytes
import Transport

/// One HTTP/2 connection of a pool, with many exchanges at a time: bytes between the socket and
/// nghttp2, whether it takes more streams, and whether it lives.
final class HTTP2Connection: Pollable, ExchangeCarrier {
  /// More are of no use to one source's calls, whatever the peer grants.
  private static let maximumStreams = 256

  private unowned let pool: ConnectionPool
  private let loop: EventLoop
  private let session: HTTP2Session
  private let streams: HTTP2Streams
  private let madeAt: Instant
  private var stream: ByteStream?
  private var unsent: ByteBuffer?
  private var isSettling = false
  private var hasServed = false
  private var isRetired = false
  private var received = 0
  private var pulse: PulseState
  private lazy var pulseTimer = LoopTimer { [weak self] in self?.takePulse() }

  init(_ socket: ConnectedSocket, pool: ConnectionPool, loop: EventLoop) throws(TransportError) {
    guard let session = HTTP2Session() else { throw .system(call: "nghttp2", errno: 12) }
    self.session = session
    self.pool = pool
    self.loop = loop
    streams = HTTP2Streams(session, loop: loop)
    madeAt = loop.now
    pulse = PulseState(at: loop.now)
    stream = try ByteStream(adopting: socket, on: loop, watchedBy: self)
    loop.schedule(pulseTimer, after: PulseState.patienceForSettings)
    // The preface, whether or not a request follows at once.
    settleLater()
  }

  var hasRoom: Bool {
    !isRetired && !streams.isGoingAway && !pulse.isSuspect && stream != nil
      && streams.count < maximumStreams
      && (!hasServed || madeAt + pool.maximumAge > loop.now)
  }

  /// It may have room for more in a moment.
  var awaitsSettings: Bool {
    !streams.hasSettings && !isRetired && !pulse.isSuspect && stream != nil
  }

  /// Before the peer has said how many it takes, more than one might be refused.
  private var maximumStreams: Int {
    streams.hasSettings ? min(session.maximumStreams, Self.maximumStreams) : 1
  }

  func send(_ exchange: Exchange) {
    exchange.carried(by: self)
    let wasIdle = streams.isEmpty
    let fields = pool.http2Fields.request(target: exchange.target, fields: exchange.fields)
    if streams.open(exchange, fields, receivedBefore: received) {
      hasServed = true
      // A silence that is nothing in an idle connection is something now.
      if wasIdle { takePulse() }
    } else {
      retire()
    }
    // Requests of one turn of the loop leave in one write.
    settleLater()
  }

  func abandon(_ exchange: Exchange) {
    guard let stream = streams.abandon(exchange) else { return }
    pulse.abandoned(since: stream.sentAt, at: loop.now)
    if pulse.isSuspect { takePulse() }
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
    end()
  }

  /// The connection has ended, and every stream with it.
  private func lose(_ fault: Exchange.Fault) {
    streams.lose(fault, received: received)
    end()
    settleLater()
  }

  private func end() {
    loop.cancel(pulseTimer)
    stream?.close()
    stream = nil
    retire()
  }

  private func retire() {
    guard !isRetired else { return }
    isRetired = true
    pool.retired(self)
  }

  // MARK: Bytes

  /// Reads until the socket is empty; nil, or how the connection ended.
  private func readAll() -> Exchange.Fault? {
    while let stream {
      let scratch = pool.bodyScratch()
      switch stream.read(into: scratch, minimum: 1) {
      case .bytes(let count):
        received += count
        pulse.heard(at: loop.now)
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
      let pending = unsent ?? pool.requestScratch()
      while pending.count < HTTP1Connection.chunkBytes {
        guard let more = session.nextToSend() else {
          return lose(Exchange.Fault(code: .protocol, message: "HTTP/2 broke"))
        }
        if more.isEmpty { break }
        pending.append(more)
      }
      guard !pending.isEmpty else { return unsent = nil }
      switch stream.write(pending.bytes) {
      case .bytes(let count) where count == pending.count: unsent = nil
      case .bytes(let count):
        pending.removeFirst(count)
        keep(pending)
      case .wouldBlock: return keep(pending)
      // Reading tells why.
      case .failed: return unsent = nil
      }
    }
  }

  /// What the socket does not take yet is kept here: scratch space is everybody's.
  private func keep(_ pending: ByteBuffer) {
    if unsent == nil { unsent = ByteBuffer(pending.bytes) }
  }

  // MARK: Ends

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
    let batch = streams.takeEnded()
    if streams.isGoingAway { retire() }
    if isRetired, streams.isEmpty { close() }
    if hasRoom { pool.hasRoom() }
    for (exchange, fault) in batch {
      if let fault { exchange.fail(fault) } else { exchange.end() }
    }
  }

  // MARK: Life

  private func takePulse() {
    guard stream != nil else { return }
    let now = loop.now
    let expires = min(madeAt + pool.maximumAge, streams.idleSince + pool.idleTimeout)
    if streams.isEmpty, expires <= now { return close() }
    pulse.hasSettings = streams.hasSettings
    switch pulse.look(at: now, isBusy: !streams.isEmpty) {
    case .wait(let time): look(again: time, expires)
    case .ask(let time):
      session.ping()
      settleLater()
      look(again: time, expires)
    case .dead:
      lose(Exchange.Fault(code: .connect, message: "the connection is dead", trace: .lost))
    case .mute:
      let fault = Exchange.Fault(
        code: .protocol, message: "the source did not begin to speak HTTP/2", trace: .lost)
      // Those that waited for it have waited long enough.
      pool.failWaiting(fault)
      lose(fault)
    }
  }

  private func look(again time: Instant, _ expires: Instant) {
    loop.schedule(pulseTimer, at: streams.isEmpty ? min(time, expires) : time)
  }
}
