package import HTTP
package import Server
package import Transport

/// Serves one simulated upstream on one loop: lets faults and latency happen, and leaves the answer
/// to the service.
package final class SimulatedUpstream: RequestHandler {
  private let service: SimulatedService
  private let loop: EventLoop
  /// Answers that are due later, or never. Bounded by the server's connections.
  private var waiting: [ObjectIdentifier: Waiting] = [:]

  private struct Waiting {
    var responder: any Responder
    var timer: LoopTimer?
  }

  package init(_ service: SimulatedService, on loop: EventLoop) {
    self.service = service
    self.loop = loop
  }

  package func handle(_ request: Request, _ responder: any Responder) {
    let fate = service.admit()
    if fate.fault == .hang { return wait(responder, timer: nil) }
    guard fate.delay > .zero else {
      return responder.respond(service.answer(request, fault: fate.fault))
    }
    let key = ObjectIdentifier(responder)
    let timer = LoopTimer { [weak self] in
      guard let self, let due = waiting.removeValue(forKey: key) else { return }
      due.responder.respond(service.answer(request, fault: fate.fault))
    }
    wait(responder, timer: timer)
    loop.schedule(timer, after: fate.delay)
  }

  private func wait(_ responder: any Responder, timer: LoopTimer?) {
    let key = ObjectIdentifier(responder)
    waiting[key] = Waiting(responder: responder, timer: timer)
    responder.onCancel = { [weak self] in
      guard let self, let left = waiting.removeValue(forKey: key) else { return }
      if let timer = left.timer { loop.cancel(timer) }
    }
  }

  /// Requests that have not been answered yet.
  var waitingCount: Int { waiting.count }
}
