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

  /// How it was counted in `ServerLoad` when it was accepted.
  enum Admission {
    /// Under its address, if that has a limit.
    case client(counted: IPAddress?)
    /// A trusted proxy, whose requests are counted instead.
    case proxy
    /// Not at all: it is only told why.
    case refused(ProtocolError)
  }

  /// So much is dropped from a client that keeps sending, before the connection closes on it.
  private static let lingerBytes = 1024 * 1024
  /// A client gets so long to take the last answer while the process waits to end.
  static let lingerWhileDraining = Duration.milliseconds(500)
  /// One connection reads so often before others get their turn.
  private static let readsPerTurn = 16

  /// The place in the server's list.
  var index = 0
  let remoteAddress: String
  let admission: Admission
  var phase = Phase.head
  var servedRequests = 0
  unowned let server: Server
  var stream: ByteStream?
  var deadline: ConnectionDeadline?
  /// Bytes read and not yet used: a part of a head, or pipelined requests.
  var input: ByteBuffer?
  var reader: RequestReader?
  var exchange: Exchange?
  var writer = AnswerWriter()
  var closesAfterAnswer = false
  var lingersAfterAnswer = false
  private var readPaused = false
  /// The peer has shut its sending side; what it had sent before is still answered.
  var peerHasEnded = false
  /// Set while `consume` runs: what an answer given at once leaves to do, it does itself.
  var consuming = false
  /// Where the window began over which the rate of a body or an answer is measured.
  var bytesAtWindowStart = 0
  private var lingered = 0

  var configuration: ServerConfiguration { server.configuration }

  /// Takes the descriptor over; it is closed when this throws.
  init(
    _ accepted: Listener.Accepted, server: Server, _ admission: Admission
  ) throws(TransportError) {
    self.server = server
    self.admission = admission
    remoteAddress = accepted.peer
    stream = try ByteStream(
      adopting: accepted.descriptor, securedBy: server.configuration.tls, on: server.loop,
      watchedBy: self)
    deadline = ConnectionDeadline(server.loop) { [unowned self] in timerFired() }
    // A TLS handshake is within it.
    deadline?.set(after: server.configuration.headTimeout)
  }

  var isAdmitted: Bool {
    if case .refused = admission { return false }
    return true
  }

  var isIdle: Bool { phase == .head && reader == nil }

  // MARK: Events

  func ready(_ readiness: Readiness) {
    // Nothing can be sent any more, so that nothing read would matter.
    if readiness.isHungUp { return close() }
    if phase == .sending, readiness.isWritable { flush() }
    let ended = readiness.isReadClosed
    // TLS may have had to write before it could read.
    if ended || readiness.isReadable || stream?.tls != nil {
      readAvailable(untilEnd: ended)
    }
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

  /// Tells a client that is not admitted so, and closes. Over TLS that has to wait for a request:
  /// whoever only shakes hands is not worth an answer.
  func refuse() {
    guard case .refused(let error) = admission, stream?.tls?.isEstablished != false else { return }
    fail(error, isHead: false)
  }

  /// Ends it whatever is going on; a handler is told.
  func close() {
    guard phase != .closed else { return }
    phase = .closed
    deadline?.cancel()
    stream?.close()
    stream = nil
    server.heldAnswerBytes -= writer.heldBytes
    (input, reader, writer) = (nil, nil, AnswerWriter())
    if let exchange {
      self.exchange = nil
      release(exchange)
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
        // A short read of a socket is the last. TLS gives a record at a time.
        let drained = count < Server.readBytes && !untilEnd && stream.tls == nil
        received(scratch)
        if drained { return }
      case .wouldBlock: return
      case .end: return peerEnded()
      case .failed(.plainHTTP):
        // What TLS has not read of the request is dropped in the turns that follow.
        stream.abandonTLS()
        fail(ProtocolError(400, "this port speaks HTTPS"), isHead: false)
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
    case .head where !isAdmitted: refuse()
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
  func consume() {
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
}
