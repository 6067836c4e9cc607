import Bytes
import HTTP
import Transport

/// One client's connection: reads a request, has it answered, and begins again. Requests are worked
/// on one at a time, so that pipelined ones are answered in order; those waiting lie unparsed in a
/// bounded buffer. Belongs to its server's loop.
///
/// An idle connection holds no buffer: what is read goes through the loop's scratch buffer, and
/// only what cannot be used yet is kept.
final class Connection: Pollable {
  enum Phase {
    /// Waiting for a request, or within its head.
    case head
    case body
    /// A handler works on it.
    case handling
    /// The kernel has no room for the rest of the answer.
    case sending
    /// All is said and the sending side shut; reads on and drops it (RFC 9112, 9.6).
    case lingering
    case closed
  }

  /// So much is dropped from a client that keeps sending, before the connection closes on it.
  private static let lingerBytes = 1024 * 1024
  /// A client gets so long to take the last answer while the process waits to end.
  private static let lingerWhileDraining = Duration.milliseconds(500)
  /// One connection reads so often before others get their turn.
  private static let readsPerTurn = 16

  /// The place in the server's list.
  var index = 0
  let remoteAddress: String
  /// Counted in `ServerLoad`; not so one that is only told that there are too many.
  let isAdmitted: Bool
  private(set) var phase = Phase.head
  private(set) var servedRequests = 0
  private unowned let server: Server
  private var stream: ByteStream?
  private var deadline: ConnectionDeadline?
  /// Bytes read and not yet used: a part of a head, or pipelined requests.
  private var input: ByteBuffer?
  private var reader: RequestReader?
  private var exchange: Exchange?
  private var writer = AnswerWriter()
  private var closesAfterAnswer = false
  private var lingersAfterAnswer = false
  private var readPaused = false
  /// The peer has shut its sending side; what it had sent before is still answered.
  private var peerHasEnded = false
  /// Set while `consume` runs: what an answer given at once leaves to do, it does itself.
  private var consuming = false
  /// Where the window began over which the rate of a body or an answer is measured.
  private var bytesAtWindowStart = 0
  private var lingered = 0

  private var configuration: ServerConfiguration { server.configuration }

  /// Takes the descriptor over; it is closed when this throws.
  init(_ accepted: Listener.Accepted, server: Server, isAdmitted: Bool) throws(TransportError) {
    self.server = server
    self.isAdmitted = isAdmitted
    remoteAddress = accepted.peer
    // A TLS session would be given to the stream here; all below stays as it is.
    stream = try ByteStream(adopting: accepted.descriptor, on: server.loop, watchedBy: self)
    deadline = ConnectionDeadline(server.loop) { [unowned self] in timerFired() }
    deadline?.set(after: server.configuration.headTimeout)
  }

  var isIdle: Bool { phase == .head && reader == nil }

  // MARK: Events

  func ready(_ readiness: Readiness) {
    // Nothing can be sent any more, so that nothing read would matter.
    if !readiness.isDisjoint(with: .hungUp) { return close() }
    if phase == .sending, readiness.contains(.writable) { flush() }
    let ended = readiness.contains(.readClosed)
    if ended || readiness.contains(.readable) { readAvailable(untilEnd: ended) }
  }

  /// Ends a connection on which nothing is going on, after a last look for a request that is
  /// already there; others end with their answer.
  func drain() {
    if isIdle { readAvailable(untilEnd: true) }
    guard isIdle else { return }
    if servedRequests > 0 { return close() }
    let grace = server.loop.now + configuration.firstRequestGrace
    if deadline?.instant.map({ $0 > grace }) ?? true { deadline?.set(grace) }
  }

  /// Tells the client that it is not served, and closes.
  func refuse(_ error: ProtocolError) { fail(error, isHead: false) }

  /// Ends it whatever is going on; a handler is told.
  func close() {
    guard phase != .closed else { return }
    phase = .closed
    deadline?.cancel()
    stream?.close()
    stream = nil
    (input, reader, writer) = (nil, nil, AnswerWriter())
    if let exchange {
      self.exchange = nil
      server.load.releaseRequest()
      exchange.cancel()
    }
    server.remove(self)
  }

  // MARK: Reading

  /// Reads until the kernel has no more, or until what is kept reaches its bound.
  /// - Parameter untilEnd: a short read does not count as the last: the peer's end may follow it,
  ///   and an edge-triggered watch does not tell twice.
  private func readAvailable(untilEnd: Bool) {
    for _ in 0..<Self.readsPerTurn {
      guard let stream else { return }
      // While an answer is due, so much of the next requests is kept as one head may have.
      if phase == .handling || phase == .sending,
        let input, input.count >= configuration.headLimits.headBytes
      {
        readPaused = true
        return
      }
      let scratch = server.scratch
      scratch.truncate(to: 0)
      switch stream.read(into: scratch, minimum: Server.readBytes) {
      case .bytes(let count):
        // A short read of a socket is the last. Of a TLS session it is not: read on there.
        let drained = count < Server.readBytes && !untilEnd
        received(scratch)
        if drained { return }
      case .wouldBlock: return
      case .end: return peerEnded()
      case .failed: return close()
      }
    }
    readPaused = true
    server.resumeNextTurn(self)
  }

  /// Goes on with reading that a bound had stopped.
  func resumeReading() {
    guard readPaused, phase != .closed else { return }
    readPaused = false
    readAvailable(untilEnd: true)
  }

  private func received(_ bytes: ByteBuffer) {
    switch phase {
    case .closed: return
    case .lingering:
      lingered += bytes.count
      if lingered > Self.lingerBytes { close() }
    case .handling, .sending:
      if let input { input.append(bytes.bytes) } else { input = ByteBuffer(bytes.bytes) }
    case .head, .body:
      if let input {
        input.append(bytes.bytes)
      } else {
        let used = read(bytes.bytes)
        if used < bytes.count, phase == .head || phase == .body {
          input = ByteBuffer(bytes.bytes[used...])
        }
        dispatchIfComplete()
      }
      consume()
    }
  }

  /// Works through what is kept, a request at a time, as long as answers come at once.
  private func consume() {
    if consuming { return }
    consuming = true
    while phase == .head || phase == .body, let kept = input {
      let used = read(kept.bytes)
      if used > 0, phase == .head || phase == .body {
        kept.removeFirst(used)
        if kept.isEmpty { input = nil }
      }
      guard dispatchIfComplete() else { break }
    }
    consuming = false
    // The rest of what was begun will never come.
    if peerHasEnded, phase == .head || phase == .body { close() }
  }

  /// Gives the request's reader what has come and returns what it used; an error is answered.
  private func read(_ bytes: UnsafeRawBufferPointer) -> Int {
    let reader = self.reader ?? RequestReader(configuration)
    let isFirst = self.reader == nil
    self.reader = reader
    let before = reader.progress
    do {
      let used = try reader.read(bytes)
      switch reader.progress {
      case .complete: break
      case .head:
        if isFirst { deadline?.set(after: configuration.headTimeout) }
      case .body:
        phase = .body
        if before == .head {
          beginRateWindow(0)
          if reader.head?.expectsContinue == true, reader.bodyBytesRead == 0 { sendContinue() }
        }
      }
      return used
    } catch {
      fail(error, isHead: reader.head?.method == "HEAD")
      return bytes.count
    }
  }

  private func peerEnded() {
    peerHasEnded = true
    switch phase {
    case .head, .body, .lingering: close()
    case .handling: deadline?.set(after: configuration.halfCloseGrace)
    case .sending, .closed: break
    }
  }

  // MARK: Handling

  /// Passes a complete request on; false when there is none yet.
  @discardableResult
  private func dispatchIfComplete() -> Bool {
    guard phase == .head || phase == .body, let reader, reader.progress == .complete,
      let head = reader.head
    else { return false }
    self.reader = nil
    phase = .handling
    deadline?.clear()
    servedRequests += 1
    if peerHasEnded { deadline?.set(after: configuration.halfCloseGrace) }
    let exchange = Exchange(self, head)
    self.exchange = exchange
    let wasConsuming = consuming
    consuming = true
    defer { consuming = wasConsuming }
    guard server.load.admitRequest(limit: configuration.requestsInFlight) else {
      self.exchange = nil
      send(errorResponse(ProtocolError(503, "too many requests are in flight")), to: exchange)
      return true
    }
    guard head.hasKnownMethod, head.method != "CONNECT" else {
      // What follows a CONNECT is not HTTP any more.
      if head.method == "CONNECT" { closesAfterAnswer = true }
      exchange.respond(errorResponse(ProtocolError(501, "the method is not known here")))
      return true
    }
    server.handler.handle(
      Request(
        method: head.method, path: head.path, query: head.query, fields: head.fields,
        body: reader.body, remoteAddress: remoteAddress, authority: head.authority),
      exchange)
    return true
  }

  /// The handler's answer, at once or later.
  func answer(_ response: Response, to answered: Exchange) {
    guard phase == .handling, exchange === answered else { return }
    exchange = nil
    server.load.releaseRequest()
    send(response, to: answered)
  }

  private func send(_ response: Response, to exchange: Exchange) {
    if !exchange.keepsAlive || server.isDraining || (peerHasEnded && input == nil) {
      closesAfterAnswer = true
    }
    // A client that asked to close sends no more; others may be, and must see the answer first.
    if closesAfterAnswer, exchange.keepsAlive || input != nil { lingersAfterAnswer = true }
    write(response, isHead: exchange.isHead, minorVersion: exchange.minorVersion)
  }

  /// Answers an error that no handler sees. Where the next request would begin is not known any
  /// more.
  private func fail(_ error: ProtocolError, isHead: Bool) {
    (reader, input) = (nil, nil)
    closesAfterAnswer = true
    lingersAfterAnswer = true
    write(errorResponse(error), isHead: isHead, minorVersion: 1)
  }

  private func errorResponse(_ error: ProtocolError) -> Response {
    var response = configuration.errorResponse(error)
    if error.status == 503, !response.fields.contains("Retry-After") {
      response.fields.append("Retry-After", String(configuration.retryAfter))
    }
    return response
  }

  // MARK: Writing

  private func write(_ response: Response, isHead: Bool, minorVersion: Int) {
    guard let stream else { return }
    let meantToClose = closesAfterAnswer
    let outcome = writer.write(
      response, isHead: isHead, minorVersion: minorVersion, closes: &closesAfterAnswer,
      to: stream, of: server)
    if closesAfterAnswer, !meantToClose { lingersAfterAnswer = true }
    if outcome == .pending {
      phase = .sending
      beginRateWindow(writer.acknowledgedBytes(stream))
    }
    written(outcome)
  }

  private func flush() {
    if let stream { written(writer.flush(to: stream)) }
  }

  private func written(_ outcome: AnswerWriter.Outcome) {
    switch outcome {
    case .sent: answerSent()
    case .pending: break
    case .failed: close()
    }
  }

  private func sendContinue() {
    let line: StaticString = "HTTP/1.1 100 Continue\r\n\r\n"
    let bytes = UnsafeRawBufferPointer(start: line.utf8Start, count: line.utf8CodeUnitCount)
    // The client waits for it, so that nothing is before it in the socket and it always fits.
    if stream?.write(bytes) != .bytes(bytes.count) { close() }
  }

  private func answerSent() {
    if closesAfterAnswer { return lingersAfterAnswer && !peerHasEnded ? linger() : close() }
    phase = .head
    deadline?.set(after: configuration.idleTimeout)
    guard !consuming else { return }
    consume()
    if phase == .head || phase == .body { resumeReading() }
  }

  private func linger() {
    phase = .lingering
    (input, reader) = (nil, nil)
    stream?.shutDownWriting()
    let timeout = configuration.lingerTimeout
    deadline?.set(after: server.isDraining ? min(timeout, Self.lingerWhileDraining) : timeout)
    // An error is answered amid reading, which goes on by itself and drops the rest.
    if !consuming { resumeReading() }
  }

  // MARK: Time

  private func timerFired() {
    guard deadline?.hasPassed() == true else { return }
    switch phase {
    case .head where reader == nil && servedRequests > 0: close()
    case .head: fail(ProtocolError(408, "the head did not come in time"), isHead: false)
    case .body:
      if !continuesRateWindow(reader?.bodyBytesRead ?? 0) {
        fail(ProtocolError(408, "the body comes too slowly"), isHead: false)
      }
    case .sending:
      if !continuesRateWindow(stream.map(writer.acknowledgedBytes) ?? 0) { close() }
    case .handling, .lingering: close()
    case .closed: break
    }
  }

  private func beginRateWindow(_ count: Int) {
    bytesAtWindowStart = count
    deadline?.set(after: configuration.rateWindow)
  }

  /// Begins the next window, if enough bytes came in this one.
  private func continuesRateWindow(_ count: Int) -> Bool {
    let milliseconds = configuration.rateWindow.wholeMilliseconds
    let wanted = max(1, Int64(configuration.bytesPerSecond) * milliseconds / 1000)
    guard Int64(count - bytesAtWindowStart) >= wanted else { return false }
    beginRateWindow(count)
    return true
  }
}
