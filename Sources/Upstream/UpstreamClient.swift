package import HTTP
package import Transport

/// One loop's client of one source. A call waits for a permit (concurrency over all loops), for its
/// turn (limits, `Retry-After`), for a connection; it is sent, perhaps sent again, and ends once, within
/// its deadline. It follows no redirect and keeps nothing of what was answered.
///
/// Everything is called, and calls back, on the loop.
package final class UpstreamClient {
  package typealias Completion = (Result<UpstreamAnswer, UpstreamFailure>) -> UpstreamVerdict

  let shared: UpstreamShared
  let loop: EventLoop
  private let pool: ConnectionPool
  private var calls: [ObjectIdentifier: UpstreamCall] = [:]
  /// Calls that wait for a permit, in order.
  var waiting: [UpstreamCall] = []
  /// Permits that will be handed to this loop.
  var permitsAwaited = 0

  /// Of the latest answer with a body: a guess at the next one's.
  private var lastBodyBytes = 0
  /// How long a call takes of late, with its waits and retries, over all of this loop that were answered;
  /// zero before the first. Each moves it by an eighth of the difference, like a round-trip time in TCP
  /// (RFC 6298, 2).
  package private(set) var usualLatency = Duration.zero
  private var random = SystemRandomNumberGenerator()
  var counted = UpstreamCounts()

  /// What has been done so far, and the connections as they are.
  package var counts: UpstreamCounts {
    var counts = counted
    pool.count(into: &counts)
    return counts
  }

  package init(_ shared: UpstreamShared, on loop: EventLoop) {
    self.shared = shared
    self.loop = loop
    pool = ConnectionPool(shared, loop: loop)
    ClientDirectory.on(loop).add(self)
  }

  deinit { closeConnections() }

  /// Asks the source for `target`.
  /// - Parameters:
  ///   - target: path and query in origin form, percent-encoded, put behind the base URL's path.
  ///   - fields: further fields of the request; invalid ones are left out.
  ///   - deadline: the configured timeout bounds the call when it is earlier.
  ///   - completion: called once, on the loop, never before this returns; not after `cancel`. What it
  ///     returns of an answer tells the circuit whether the source is of use; of a failure, nothing.
  @discardableResult
  package func get(
    _ target: String, fields: Fields = Fields(), deadline: Instant,
    completion: @escaping Completion
  ) -> UpstreamCall {
    let now = loop.now
    let call = UpstreamCall(
      target: target, fields: fields, startedAt: now,
      deadline: min(deadline, now + shared.configuration.timeout),
      retries: shared.configuration.retries, client: self, completion: completion)
    calls[ObjectIdentifier(call)] = call
    let timer = LoopTimer { [weak self, unowned call] in self?.runOut(call) }
    call.deadlineTimer = timer
    loop.schedule(timer, at: call.deadline)
    if FieldGrammar.isTarget(target) {
      enter(call)
    } else {
      finishLater(call, UpstreamFailure(.protocol, "the request target is not valid"))
    }
    return call
  }

  /// Closes all connections; calls under way end without an outcome. For a source that is gone.
  package func close() {
    ClientDirectory.on(loop).remove(self)
    closeConnections()
  }

  private func closeConnections() {
    for call in Array(calls.values) { cancel(call) }
    pool.close()
  }

  func cancel(_ call: UpstreamCall) {
    guard !call.hasEnded else { return }
    if call.isProbe { shared.abandonedProbe(at: loop.now) }
    if case .underWay = call.stage { count(call, .canceled) }
    counted.call(.canceled)
    leave(call)
  }

  // MARK: Requests

  func send(_ call: UpstreamCall) {
    shared.countRequest(
      isFirst: call.requests == 0, isRetry: call.isRetrying, at: loop.now)
    call.sentAsRetry = call.isRetrying
    call.sentAt = loop.now
    call.isRetrying = false
    call.requests += 1
    let exchange = Exchange(
      target: call.target, fields: call.fields, limit: shared.configuration.responseBytes,
      expected: lastBodyBytes
    ) { [weak self, unowned call] outcome in self?.ended(call, outcome) }
    call.stage = .underWay(exchange)
    pool.submit(exchange)
  }

  private func ended(_ call: UpstreamCall, _ outcome: Exchange.Outcome) {
    guard !call.hasEnded else { return }
    switch outcome {
    case .answered(let answer):
      count(call, .init(answer))
      answered(call, answer)
    case .failed(let fault):
      count(call, .init(fault.code))
      let failure = UpstreamFailure(fault.code, fault.message, requests: call.requests)
      if fault.trace == .neverProcessed, call.resendsLeft > 0 {
        call.resendsLeft -= 1
        takeTurn(call)
      } else if fault.trace == .received {
        finish(call, .failure(failure))
      } else {
        retry(call, or: failure)
      }
    }
  }

  /// The end of one request of a call.
  private func count(_ call: UpstreamCall, _ outcome: UpstreamCounts.Outcome) {
    counted.request(outcome, isRetry: call.sentAsRetry, took: loop.now - call.sentAt)
  }

  private func answered(_ call: UpstreamCall, _ answer: Exchange.Answer) {
    if let advice = answer.advice { shared.told(advice, answering: call.turn, at: loop.now) }
    switch answer.status {
    case 200, 404:
      if let body = answer.body { lastBodyBytes = body.count }
      let result = UpstreamAnswer(
        status: answer.status, body: answer.body ?? .init(capacity: 0), requests: call.requests,
        latency: loop.now - call.startedAt)
      finish(call, .success(result))
    case 429, 503:
      if let delay = answer.retryAfter { shared.told(retryAfter: delay, at: loop.now) }
      let failure = UpstreamFailure(answer, requests: call.requests)
      if let delay = answer.retryAfter {
        waitAsTold(call, delay, or: failure)
      } else if answer.status == 503 {
        retry(call, or: failure)
      } else {
        finish(call, .failure(failure))
      }
    case 500, 502, 504: retry(call, or: UpstreamFailure(answer, requests: call.requests))
    default: finish(call, .failure(UpstreamFailure(answer, requests: call.requests)))
    }
  }

  // MARK: Retries

  /// The source has said when; it is waited for once, if that leaves time for an answer.
  private func waitAsTold(_ call: UpstreamCall, _ delay: Duration, or failure: UpstreamFailure) {
    guard call.mayWait, loop.now + delay < call.deadline else {
      return finish(call, .failure(failure))
    }
    call.mayWait = false
    call.lastFailure = failure
    call.isRetrying = true
    // What a pause told us to expect needs no second try of another kind.
    call.retriesLeft = 0
    takeTurn(call)
  }

  private func retry(_ call: UpstreamCall, or failure: UpstreamFailure) {
    let tries = shared.configuration.retries - call.retriesLeft
    let delay = Backoff.delay(afterTries: tries, using: &random)
    guard call.retriesLeft > 0, loop.now + delay < call.deadline,
      shared.takeRetry(at: loop.now)
    else { return finish(call, .failure(failure)) }
    call.retriesLeft -= 1
    call.lastFailure = failure
    call.isRetrying = true
    call.stage = .waitingForTurn
    schedule(call, at: loop.now + delay) { client, call in client.takeTurn(call) }
  }

  // MARK: Ends

  private func runOut(_ call: UpstreamCall) {
    guard !call.hasEnded else { return }
    if case .underWay = call.stage { count(call, .timeout) }
    let failure = UpstreamFailure(timeoutOf: call, dialStage: pool.dialStage)
    finish(call, .failure(failure))
  }

  func finishLater(_ call: UpstreamCall, _ failure: UpstreamFailure) {
    loop.defer { [weak self] in
      if !call.hasEnded { self?.finish(call, .failure(failure)) }
    }
  }

  func finish(
    _ call: UpstreamCall, _ outcome: Result<UpstreamAnswer, UpstreamFailure>
  ) {
    let completion = call.completion
    let isProbe = call.isProbe
    leave(call)
    switch outcome {
    case .success(let answer):
      guard let completion else { return }
      let verdict = completion(outcome)
      let difference = answer.latency - usualLatency
      usualLatency +=
        usualLatency == .zero ? difference : .nanoseconds(difference.wholeNanoseconds / 8)
      switch verdict {
      case .usable: counted.call(answer.status == 404 ? .notFound : .ok)
      case .badPayload: counted.call(.badPayload)
      }
      switch verdict {
      case .usable: shared.succeeded(latency: answer.latency, asProbe: isProbe)
      case .badPayload(let reason):
        shared.failed(.badPayload, reason, asProbe: isProbe, reachedSource: true, at: loop.now)
      }
    case .failure(let failure):
      counted.call(.init(failure.code))
      if failure.code != .circuitOpen {
        shared.failed(
          failure.code, failure.message, asProbe: isProbe, reachedSource: failure.requests > 0,
          at: loop.now)
      }
      _ = completion?(outcome)
    }
  }

  /// Takes the call out of wherever it is.
  private func leave(_ call: UpstreamCall) {
    switch call.stage {
    case .waitingForPermit: waiting.removeAll { $0 === call }
    case .underWay(let exchange): pool.withdraw(exchange)
    case .waitingForTurn, .ended: break
    }
    call.stage = .ended
    call.completion = nil
    if let timer = call.deadlineTimer { loop.cancel(timer) }
    if let timer = call.turnTimer { loop.cancel(timer) }
    calls[ObjectIdentifier(call)] = nil
    if call.holdsPermit {
      call.holdsPermit = false
      ClientDirectory.giveBack(shared, from: loop)
    }
  }
}
