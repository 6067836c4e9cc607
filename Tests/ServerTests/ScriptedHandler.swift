import Bytes
import HTTP
import Server
import Support
import Transport

/// A handler made of one closure.
final class ScriptedHandler: RequestHandler {
  private let script: (Request, any Responder) -> Void
  init(_ script: @escaping (Request, any Responder) -> Void) { self.script = script }
  func handle(_ request: Request, _ responder: any Responder) { script(request, responder) }
}

/// Runs `test` against a server of its own, which is stopped afterwards.
func withServer(
  loops: Int = 1, _ configuration: ServerConfiguration = ServerConfiguration(),
  handler: @escaping @Sendable (EventLoop) -> any RequestHandler = { _ in EchoHandler() },
  _ test: (ServerGroup) throws -> Void
) throws {
  let group = try ServerGroup(
    loops: loops, address: ListenAddress(port: 0), configuration: configuration,
    makeHandler: handler)
  defer { group.stop() }
  try test(group)
}

/// Runs `test` against a server that keeps every request, and with what happens to them.
func withHeldRequests(
  _ configuration: ServerConfiguration = ServerConfiguration(),
  _ test: (ServerGroup, Events) throws -> Void
) throws {
  let events = Events()
  try withServer(
    configuration,
    handler: { loop in
      let held = HeldRequests(events)
      loop.attach(held)
      return held
    },
    { group in try test(group, events) })
}

func text(_ text: String, status: Status = 200) -> Response {
  Response(status, body: ByteBuffer(text))
}

/// Requests that a handler keeps until a test, on its own thread, says what becomes of them. The
/// responders never leave their loop.
final class HeldRequests: RequestHandler {
  private var held: [any Responder] = []
  private let events: Events

  init(_ events: Events) { self.events = events }

  func handle(_ request: Request, _ responder: any Responder) {
    responder.onCancel = { [events] in events.add("canceled \(request.path)") }
    held.append(responder)
    events.add("got \(request.path)")
  }

  func answerAll() {
    let responders = held
    held = []
    for responder in responders { responder.respond(text("late")) }
  }
}

/// What happened, told from a loop and waited for by a test.
final class Events: Sendable {
  private let list = Guarded<[String]>([])
  private let signal = Semaphore()

  func add(_ event: String) {
    list.withLock { $0.append(event) }
    signal.signal()
  }

  /// The next event; nil when none comes within ten seconds.
  func next() -> String? {
    guard signal.wait() else { return nil }
    return list.withLock { $0.removeFirst() }
  }
}
