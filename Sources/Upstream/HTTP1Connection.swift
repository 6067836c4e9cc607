import Bytes
import HTTP
import Transport

/// One HTTP/1.1 connection of a pool: idle, or with one exchange, or reading a body that nobody wants
/// so that it can be used again. Bodies of known length are read from the socket into the answer.
final class HTTP1Connection: Pollable, ExchangeCarrier {
  private enum Phase {
    case idle
    case head
    case body
  }

  private enum Body {
    case length(Int)
    case chunked(ChunkedDecoder)
    case untilClose
  }

  /// Nothing sensible sends more of them before an answer.
  private static let maximumInformational = 8
  /// A body that nobody wants is read to here to save the connection; beyond it a new one is cheaper.
  private static let maximumIgnoredBytes = 64 * 1024
  /// Bytes on their way to or from a connection that pass through a buffer of its pool.
  static let chunkBytes = 64 * 1024
  /// Room for one read of a body of unknown length: with less left the answer's buffer grows.
  private static let leastRead = 16 * 1024

  let madeAt: Instant
  var idleSince: Instant
  private unowned let pool: ConnectionPool
  private let loop: EventLoop
  private var stream: ByteStream?
  private var phase = Phase.idle
  private var exchange: Exchange?
  private var parser: ResponseHeadParser?
  /// The bytes of a head that came in pieces.
  private var partialHead: ByteBuffer?
  private var unsent: ByteBuffer?
  private var body = Body.untilClose
  private var ignored = 0
  private var informational = 0
  private var keepsAlive = true
  private(set) var hasServed = false
  /// Whether the last read left nothing in the socket: what comes later is a new event.
  private var isDrained = false
  /// The peer has shut its side: what it sent before may still be read, but nothing may be asked.
  private var peerHasClosed = false

  init(_ socket: ConnectedSocket, pool: ConnectionPool, loop: EventLoop) throws(TransportError) {
    self.pool = pool
    self.loop = loop
    madeAt = loop.now
    idleSince = loop.now
    stream = try ByteStream(adopting: socket, on: loop, watchedBy: self)
  }

  func send(_ exchange: Exchange) {
    exchange.carried(by: self)
    self.exchange = exchange
    phase = .head
    informational = 0
    parser = ResponseHeadParser()
    let request = pool.requestScratch()
    pool.template.append(target: exchange.target, fields: exchange.fields, to: request)
    guard case .bytes(let count)? = stream?.write(request.bytes), count == request.count else {
      return keepUnsent(request)
    }
  }

  /// The socket takes no more, or is broken, which reading tells with more certainty: an answer may
  /// have come before the end.
  private func keepUnsent(_ request: ByteBuffer) {
    unsent = ByteBuffer(capacity: request.count)
    unsent?.append(request.bytes)
    loop.defer { [weak self] in self?.ready(.writable) }
  }

  func ready(_ readiness: Readiness) {
    if readiness.isReadClosed || readiness.isHungUp { peerHasClosed = true }
    flush()
    progress()
  }

  func abandon(_ exchange: Exchange) {
    guard exchange === self.exchange else { return }
    self.exchange = nil
    close()
  }

  func close() {
    guard let stream else { return }
    self.stream = nil
    stream.close()
    pool.closed(self)
  }

  private func flush() {
    guard let unsent, let stream else { return }
    switch stream.write(unsent.bytes) {
    case .bytes(let count):
      unsent.removeFirst(count)
      if unsent.isEmpty { self.unsent = nil }
    case .wouldBlock: break
    case .failed: self.unsent = nil
    }
  }

  // MARK: Reading

  /// Reads until the socket is empty or the phase needs no more.
  private func progress() {
    do throws(Exchange.Fault) {
      while stream != nil {
        switch phase {
        case .idle:
          // Whatever comes now, an end included, ends the connection.
          guard case .wouldBlock = read(into: pool.headScratch(), minimum: 1) else {
            return close()
          }
          return
        case .head: if try !readHead() { return }
        case .body: if try !readBody() { return }
        }
      }
    } catch {
      fail(error)
    }
  }

  private func fail(_ fault: Exchange.Fault) {
    let exchange = exchange
    self.exchange = nil
    close()
    exchange?.fail(fault)
  }

  private func read(into buffer: ByteBuffer, minimum: Int) -> ByteStream.ReadOutcome {
    guard let stream else { return .end }
    buffer.reserve(minimum)
    let space = buffer.capacity - buffer.count
    let outcome = stream.read(into: buffer, minimum: minimum)
    if case .bytes(let count) = outcome { isDrained = count < space && stream.tls == nil }
    return outcome
  }

  /// True when there may be more to do.
  private func readHead() throws(Exchange.Fault) -> Bool {
    let buffer = partialHead ?? pool.headScratch()
    switch read(into: buffer, minimum: 1024) {
    case .wouldBlock: return false
    case .end: throw lost(.cutOff, sawAnswer: !buffer.isEmpty)
    case .failed(let error): throw lost(error, sawAnswer: !buffer.isEmpty)
    case .bytes: break
    }
    while phase == .head {
      guard let head = try parseHead(buffer) else {
        if partialHead == nil { partialHead = ByteBuffer(buffer.bytes) }
        return true
      }
      guard head.isInformational else {
        partialHead = nil
        try begin(head, rest: buffer[head.byteCount..<buffer.count])
        return phase != .idle
      }
      informational += 1
      // Nobody asked to switch protocols.
      guard head.status.rawValue != 101, informational <= Self.maximumInformational else {
        throw Exchange.Fault(code: .protocol, message: "an interim answer that nobody asked for")
      }
      buffer.removeFirst(head.byteCount)
      parser = ResponseHeadParser()
    }
    return true
  }

  private func parseHead(_ buffer: ByteBuffer) throws(Exchange.Fault) -> ResponseHead? {
    do throws(ProtocolError) {
      return try parser?.parse(buffer.bytes)
    } catch {
      throw Exchange.Fault(code: .protocol, message: error.detail)
    }
  }

  private func begin(
    _ head: ResponseHead, rest: UnsafeRawBufferPointer
  ) throws(Exchange.Fault) {
    parser = nil
    keepsAlive = head.keepsAlive
    ignored = 0
    phase = .body
    var length: Int?
    switch head.framing {
    case .none:
      length = 0
      body = .length(0)
    case .length(let count):
      length = count
      body = .length(count)
    case .chunked: body = .chunked(ChunkedDecoder(limit: pool.responseBytes))
    case .untilClose: body = .untilClose
    }
    let use = try exchange?.begin(
      status: head.status.rawValue, fields: head.fields, contentLength: length)
    // Of an ignored body the status is all that is wanted, and whether its rest ever comes is this
    // connection's affair alone.
    let ended = use == .ignore ? exchange : nil
    if ended != nil { exchange = nil }
    defer { ended?.end() }
    try take(rest)
  }

  /// True when there may be more to do.
  private func readBody() throws(Exchange.Fault) -> Bool {
    let outcome: ByteStream.ReadOutcome
    if let exchange, exchange.inflater == nil {
      outcome = try readBody(into: exchange)
    } else {
      let scratch = pool.bodyScratch()
      outcome = read(into: scratch, minimum: 1)
      if case .bytes = outcome { try take(scratch.bytes) }
    }
    switch outcome {
    case .bytes: return phase != .idle
    case .wouldBlock: return false
    case .end:
      guard case .untilClose = body else { throw lost(.cutOff, sawAnswer: true) }
      complete()
      return false
    case .failed(let error): throw lost(error, sawAnswer: true)
    }
  }

  /// Reads from the socket to where the bytes stay.
  private func readBody(into exchange: Exchange) throws(Exchange.Fault) -> ByteStream.ReadOutcome {
    let buffer = exchange.body
    let start = buffer.count
    var minimum = Self.leastRead
    if case .length = body { minimum = 1 }
    let outcome = read(into: buffer, minimum: minimum)
    guard case .bytes(let count) = outcome else { return outcome }
    switch body {
    case .length(let remaining):
      buffer.truncate(to: start + min(count, remaining))
      try took(count, of: remaining)
    case .untilClose: try exchange.checkSize()
    case .chunked(let decoder):
      // Decoded bytes are never more than the coded ones that they come from: written from `start` on
      // they do not overtake what is still to be decoded, and fit without moving the buffer.
      let coded = buffer[start..<start + count]
      buffer.truncate(to: start)
      if let excess = try decode(coded, decoder, into: buffer) { complete(excess: excess) }
    }
    return outcome
  }

  /// Body bytes that were read elsewhere than into the answer.
  private func take(_ bytes: UnsafeRawBufferPointer) throws(Exchange.Fault) {
    switch body {
    case .length(let remaining):
      try collect(UnsafeRawBufferPointer(rebasing: bytes.prefix(remaining)))
      try took(bytes.count, of: remaining)
    case .untilClose: try collect(bytes)
    case .chunked(let decoder):
      let decoded = pool.decodedScratch()
      let excess = try decode(bytes, decoder, into: decoded)
      try collect(decoded.bytes)
      if let excess { complete(excess: excess) }
    }
  }

  /// Takes the chunks' framing off. Returns how many bytes came behind the body, once it has ended.
  private func decode(
    _ coded: UnsafeRawBufferPointer, _ decoder: ChunkedDecoder, into buffer: ByteBuffer
  ) throws(Exchange.Fault) -> Int? {
    var decoder = decoder
    let used: Int
    do throws(ProtocolError) {
      used = try decoder.decode(coded, into: buffer)
    } catch {
      let code: UpstreamFailure.Code = error.status == 413 ? .badPayload : .protocol
      throw Exchange.Fault(code: code, message: error.detail)
    }
    body = .chunked(decoder)
    return decoder.isFinished ? coded.count - used : nil
  }

  private func took(_ count: Int, of remaining: Int) throws(Exchange.Fault) {
    body = .length(max(0, remaining - count))
    if count >= remaining { complete(excess: count - remaining) }
  }

  private func collect(_ bytes: UnsafeRawBufferPointer) throws(Exchange.Fault) {
    if let exchange { return try exchange.append(bytes) }
    ignored += bytes.count
    if ignored > Self.maximumIgnoredBytes { close() }
  }

  /// The body has ended; `excess` bytes came behind it, which nobody asked for.
  private func complete(excess: Int = 0) {
    let ended = exchange
    exchange = nil
    phase = .idle
    hasServed = true
    if keepsAlive, !peerHasClosed, excess == 0, unsent == nil, let stream, stream.isOpen {
      // A socket that may hold more is looked at before it is used again: bytes left there would be
      // taken for the answer to the next request.
      if !isDrained { progress() }
      if self.stream != nil { pool.released(self) }
    } else {
      close()
    }
    ended?.end()
  }

  /// A connection that ended before its answer. One that had served, and told nothing for this
  /// request, had been closed while it was idle.
  private func lost(_ error: TransportError, sawAnswer: Bool) -> Exchange.Fault {
    if sawAnswer { return .endedWithinAnswer }
    if case .tls(let reason) = error { return Exchange.Fault(code: .tls, message: reason) }
    // Those that are idle as well are likely to have met the same fate.
    if hasServed { pool.closeIdle() }
    return Exchange.Fault(
      code: .connect, message: "the connection ended before an answer",
      trace: hasServed ? .neverProcessed : .lost)
  }
}
