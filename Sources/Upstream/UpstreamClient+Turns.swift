import Transport

/// What a call waits for before each of its requests: once a permit, each time a turn.
extension UpstreamClient {
  // MARK: Permit

  func enter(_ call: UpstreamCall) {
    guard waiting.count < shared.configuration.maximumWaiting else {
      let failure = UpstreamFailure(
        .rateLimited, "too many requests wait for this source", retryAfter: .seconds(1))
      return finishLater(call, failure)
    }
    let needsPermit = permitsAwaited <= waiting.count
    switch shared.enter(
      loop.handle, mayStart: waiting.isEmpty, queues: needsPermit, at: loop.now)
    {
    case .started(let asProbe):
      call.holdsPermit = true
      call.isProbe = asProbe
      takeTurn(call)
    case .queued:
      if needsPermit { permitsAwaited += 1 }
      waiting.append(call)
      // Half of its time is for the answer: what has waited longer would fail for want of it.
      let patience = (call.deadline - loop.now) / 2
      schedule(call, at: loop.now + patience) { client, call in
        let failure = UpstreamFailure(
          .rateLimited, "too many requests wait for this source", retryAfter: .seconds(1))
        client.finish(call, .failure(failure))
      }
    case .refused(let delay):
      finishLater(call, .circuitOpen(delay))
    }
  }

  /// A permit that this loop waited for has come.
  func handedPermit() {
    permitsAwaited -= 1
    guard !waiting.isEmpty else { return ClientDirectory.giveBack(shared, from: loop) }
    let call = takeWaiting()
    call.holdsPermit = true
    switch shared.enterWithPermit(at: loop.now) {
    case .pass: break
    case .probe: call.isProbe = true
    case .refused(let delay): return finish(call, .failure(.circuitOpen(delay)))
    }
    takeTurn(call)
  }

  /// Longer than the requests of one page take turns, and short beside a timeout.
  private static let fairWait = Duration.milliseconds(250)

  /// In order, until the first has waited so long that the source does not keep up: then the newest
  /// first, whose callers have the most time left. Were the order kept, every call would be answered
  /// when it was almost too late, and a page of several calls never.
  private func takeWaiting() -> UpstreamCall {
    let keepsUp = loop.now - waiting[0].startedAt < Self.fairWait
    let call = keepsUp ? waiting.removeFirst() : waiting.removeLast()
    if let timer = call.turnTimer { loop.cancel(timer) }
    return call
  }

  // MARK: Turn

  func takeTurn(_ call: UpstreamCall) {
    call.stage = .waitingForTurn
    switch shared.takeTurn(at: loop.now, before: call.deadline) {
    case .at(let time, let number):
      call.turn = number
      wait(call, until: time)
    case .refused(let delay):
      // A retry that finds no turn leaves the call with what made it a retry.
      var failure =
        call.lastFailure ?? UpstreamFailure(.rateLimited, "the source's limit is used up")
      failure.retryAfter = delay
      failure.requests = call.requests
      finishLater(call, failure)
    }
  }

  private func wait(_ call: UpstreamCall, until time: Instant) {
    if time <= loop.now { return send(call) }
    counted.waits(time - loop.now)
    schedule(call, at: time) { client, call in
      // The source may have asked for a pause since the turn was given.
      let notBefore = client.shared.notBefore
      if notBefore <= client.loop.now {
        client.send(call)
      } else if notBefore < call.deadline {
        client.wait(call, until: notBefore)
      } else {
        client.takeTurn(call)
      }
    }
  }

  func schedule(
    _ call: UpstreamCall, at time: Instant,
    _ body: @escaping (UpstreamClient, UpstreamCall) -> Void
  ) {
    let timer = LoopTimer { [weak self, unowned call] in
      if let self { body(self, call) }
    }
    call.turnTimer = timer
    loop.schedule(timer, at: time)
  }
}
