import Dispatch
import Sessions
import Transport

/// Reads pages one after another for a thread that waits for them, on a loop of its own.
package final class PageReader: Sendable {
  /// A page as it left the loop.
  package struct Outcome: Sendable {
    package var page: PageLoader.Page
    /// Those that take part, in the page's order.
    package var sources: [Source]
    /// Of the next page, if there is more.
    package var nextCursor: String?
  }

  private let handle: EventLoop.Handle

  package init(_ gateway: GatewayState) {
    let started = Handover<EventLoop.Handle>()
    EventLoop.start(name: "list") { loop in
      loop.attach(LoopSide(RequestContext(gateway, on: loop)))
      started.give(loop.handle)
    }
    handle = started.take()
  }

  deinit { handle.submit { $0.stop() } }

  /// Waits for one page: at most for as long as the slowest source may take, which bounds a page.
  package func page(_ parameters: ListParameters) throws(Problem) -> Outcome {
    let result = Handover<Result<Outcome, Problem>>()
    handle.submit { loop in
      loop.attached(LoopSide.self)?.read(parameters) { result.give($0) }
    }
    return try result.take().get()
  }

  /// What stays on the loop.
  private final class LoopSide {
    private let context: RequestContext
    /// Held while it is under way: what it waits for does not hold it.
    private var reading: PageReading?

    init(_ context: RequestContext) { self.context = context }

    func read(
      _ parameters: ListParameters, _ completion: @escaping (Result<Outcome, Problem>) -> Void
    ) {
      do throws(Problem) {
        let reading = try PageReading(ListRequest(parameters), context)
        self.reading = reading
        reading.start { page, nextCursor in
          completion(
            .success(Outcome(page: page, sources: reading.sources, nextCursor: nextCursor)))
        }
      } catch {
        completion(.failure(error))
      }
    }
  }
}

/// One value from one thread to another that waits for it.
private final class Handover<Value: Sendable>: Sendable {
  private let value = Guarded<Value?>(nil)
  private let isGiven = DispatchSemaphore(value: 0)

  func give(_ value: Value) {
    self.value.withLock { $0 = value }
    isGiven.signal()
  }

  func take() -> Value {
    while true {
      isGiven.wait()
      if let value = value.withLock({ $0 }) { return value }
    }
  }
}
