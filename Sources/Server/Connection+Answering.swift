import Bytes
import HTTP
import Transport

/// How requests are handed over and answered, and how long each phase may last.
extension Connection {
  // MARK: Handling

  /// Passes a complete request on; false when there is none yet.
  @discardableResult
  func dispatchIfComplete() -> Bool {
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
    let client: String
    do throws(ProtocolError) {
      client = try admit(exchange, head.fields)
    } catch {
      self.exchange = nil
      send(errorResponse(error), to: exchange)
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
        body: reader.body, remoteAddress: client, authority: head.authority),
      exchange)
    return true
  }

  /// Counts a request that is worked on, over all and of its client behind a proxy, and returns that
  /// client's address.
  private func admit(_ exchange: Exchange, _ fields: Fields) throws(ProtocolError) -> String {
    guard server.load.admitRequest(limit: configuration.requestsInFlight) else {
      throw ProtocolError(503, "too many requests are in flight")
    }
    guard case .proxy = admission, let address = configuration.trustedProxies.client(fields) else {
      return remoteAddress
    }
    let limit = configuration.connectionsPerAddress
    if limit > 0 {
      let counted = address.ofOneClient
      guard server.load.admit(counted, limit: limit) else {
        server.load.releaseRequest()
        throw ProtocolError(429, "too many requests of one address are in flight")
      }
      exchange.countedAddress = counted
    }
    return address.description
  }

  func release(_ exchange: Exchange) {
    server.load.releaseRequest()
    if let counted = exchange.countedAddress { server.load.release(counted) }
  }

  /// The handler's answer, at once or later.
  func answer(_ response: Response, to answered: Exchange) {
    guard phase == .handling, exchange === answered else { return }
    exchange = nil
    release(answered)
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
  func fail(_ error: ProtocolError, isHead: Bool) {
    (reader, input) = (nil, nil)
    closesAfterAnswer = true
    lingersAfterAnswer = true
    write(errorResponse(error), isHead: isHead, minorVersion: 1)
  }

  private func errorResponse(_ error: ProtocolError) -> Response {
    var response = configuration.errorResponse(error)
    if [429, 503].contains(error.status.rawValue), !response.fields.contains("Retry-After") {
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

  func flush() {
    if let stream { written(writer.flush(to: stream)) }
  }

  private func written(_ outcome: AnswerWriter.Outcome) {
    switch outcome {
    case .sent: answerSent()
    case .pending: break
    case .failed: close()
    }
  }

  func sendContinue() {
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

  func timerFired() {
    guard deadline?.hasPassed() == true else { return }
    switch phase {
    // There is nothing yet to tell it by.
    case .head where stream?.tls?.isEstablished == false: close()
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

  func beginRateWindow(_ count: Int) {
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
