import Foundation
import Transport

/// A server that writes literal bytes, on threads of its own: what it says is what the test wrote down,
/// whether a sane server would or not.
package final class ScriptedServer: Sendable {
  package enum Step: Sendable {
    /// The handshake; the connection ends when it fails.
    case secure(ServerTLS)
    /// Reads once: what a TLS client says first.
    case hello
    /// Reads to the end of a request head.
    case request
    case send(String)
    case sendBytes([UInt8])
    /// A byte each 20 ms.
    case drip(String)
    /// Answers every request with this, until the client ends the connection.
    case answers(String)
    /// Ends the connection with a reset.
    case reset
    /// Waits until the client ends the connection.
    case hang
    /// TLS's own end.
    case goodbye
  }

  private struct State {
    var scripts: [[Step]]
    var requests: [String] = []
    var connections = 0
    var sends = 0
    var ended = 0

    mutating func nextScript() -> [Step] {
      connections += 1
      return scripts.count > 1 ? scripts.removeFirst() : scripts.first ?? []
    }
  }

  private final class Shared: Sendable {
    let state: Guarded<State>
    init(_ scripts: [[Step]]) { state = Guarded(State(scripts: scripts)) }
  }

  private let shared: Shared
  private let server: LoopbackServer

  /// Serves one script per connection, in order; the last one serves all that follow. A connection
  /// ends with its script.
  package convenience init(_ scripts: [Step]...) { self.init(scripts: scripts) }

  package init(scripts: [[Step]], startsAtOnce: Bool = true) {
    let shared = Shared(scripts)
    self.shared = shared
    server = LoopbackServer(startsAtOnce: startsAtOnce) { Self.run(shared, $0) }
  }

  package var port: UInt16 { server.port }
  package func start() { server.start() }
  package func stall() { server.stall() }

  package var requests: [String] { shared.state.withLock { $0.requests } }
  package var connections: Int { shared.state.withLock { $0.connections } }
  /// Scripts run to their end.
  package var ended: Int { shared.state.withLock { $0.ended } }
  /// Sends done: on loopback what was sent has arrived.
  package var sends: Int { shared.state.withLock { $0.sends } }

  /// From the next connection on.
  package func setScripts(_ scripts: [Step]...) { shared.state.withLock { $0.scripts = scripts } }

  private static func run(_ shared: Shared, _ descriptor: Int32) {
    let connection = BlockingConnection(descriptor)
    let script = shared.state.withLock { $0.nextScript() }
    for step in script {
      guard run(step, shared, connection) else { return }
    }
    shared.state.withLock { $0.ended += 1 }
  }

  /// False when the client is gone.
  private static func run(
    _ step: Step, _ shared: Shared, _ connection: BlockingConnection
  ) -> Bool {
    switch step {
    case .secure(let tls): return connection.secure(tls)
    case .hello:
      var bytes = [UInt8](repeating: 0, count: 4096)
      return connection.read(into: &bytes) > 0
    case .request: return read(shared, connection)
    case .send(let text): write(Array(text.utf8), shared, connection)
    case .sendBytes(let bytes): write(bytes, shared, connection)
    case .drip(let text): connection.drip(text.utf8, milliseconds: 20)
    case .answers(let text):
      while read(shared, connection) { write(Array(text.utf8), shared, connection) }
    case .reset: connection.prepareReset()
    case .hang: connection.waitForEnd()
    case .goodbye: connection.sayGoodbye()
    }
    return true
  }

  private static func read(_ shared: Shared, _ connection: BlockingConnection) -> Bool {
    guard let head = connection.readHead() else { return false }
    shared.state.withLock { $0.requests.append(head) }
    return true
  }

  private static func write(_ bytes: [UInt8], _ shared: Shared, _ connection: BlockingConnection) {
    if connection.write(bytes) { shared.state.withLock { $0.sends += 1 } }
  }
}

/// A whole answer with a body of known length.
package func response(_ body: String, fields: String = "") -> String {
  response("200 OK", body, fields: fields)
}

package func response(_ status: String, _ body: String, fields: String = "") -> String {
  "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n"
    + "\(fields)\r\n\(body)"
}
