import Dispatch
package import Transport

/// Servers on several loops that share one port and one set of limits; started, drained and stopped
/// from any thread.
package final class ServerGroup: Sendable {
  /// The address with the port that was bound.
  package let address: ListenAddress
  package let load = ServerLoad()
  /// The loops, for jobs that must run where a handler runs.
  package let loops: [EventLoop.Handle]
  private let ended = DispatchGroup()
  private let remaining: Guarded<Remaining>

  private struct Remaining {
    var servers: Int
    var completions: [@Sendable () -> Void] = []
  }

  /// Binds, starts `count` loops, and accepts once each has its handler.
  ///
  /// - Parameter makeHandler: called once on each loop; what it makes stays there.
  package init(
    loops count: Int, address: ListenAddress, takeOver: Bool = false,
    configuration: ServerConfiguration = ServerConfiguration(),
    makeHandler: @escaping @Sendable (EventLoop) -> any RequestHandler
  ) throws(TransportError) {
    let sockets = try ListeningSocket.open(address, count: count, takeOver: takeOver)
    var bound = address
    bound.port = sockets.first?.port ?? address.port
    self.address = bound
    remaining = Guarded(Remaining(servers: sockets.count))
    let started = StartedLoops()
    for (index, socket) in sockets.enumerated() {
      ended.enter()
      let (load, ended) = (load, ended)
      EventLoop.start(name: "server-\(index)") { loop in
        let server = Server(
          loop: loop, configuration: configuration, load: load, handler: makeHandler(loop))
        loop.attach(server)
        started.add(loop.handle, error: server.listenError(socket))
      } ended: {
        ended.leave()
      }
    }
    loops = try started.wait(for: sockets.count)
  }

  /// Puts other limits in force, for open connections too; `tls` and `trustedProxies` are for those
  /// accepted from now on. No connection is dropped.
  package func reconfigure(_ configuration: ServerConfiguration) {
    for handle in loops {
      handle.submit { $0.attached(Server.self)?.configuration = configuration }
    }
  }

  /// Drains every server and calls `completion` once, on one of the loops, when the last connection
  /// of the last is closed; at once, when that has happened. The loops run on until `stop`.
  package func drain(timeout: Duration, completion: @escaping @Sendable () -> Void) {
    let isDone = remaining.withLock { remaining in
      if remaining.servers > 0 { remaining.completions.append(completion) }
      return remaining.servers == 0
    }
    if isDone { return completion() }
    for handle in loops {
      handle.submit { [self] loop in
        guard let server = loop.attached(Server.self) else { return }
        server.beginDrain(timeout: timeout) { self.serverDrained() }
      }
    }
  }

  private func serverDrained() {
    let completions = remaining.withLock { remaining in
      remaining.servers -= 1
      return remaining.servers == 0 ? remaining.completions : []
    }
    for completion in completions { completion() }
  }

  /// Ends the loops, with whatever is still open on them, and returns when they have ended. Not to
  /// be called on one of them.
  package func stop() {
    for handle in loops {
      handle.submit { loop in
        // A connection and the request on it hold each other: ending the loop alone frees neither.
        loop.attached(Server.self)?.closeAll()
        loop.stop()
      }
    }
    ended.wait()
  }
}

extension Server {
  /// `listen` with its error as a value, which can leave the loop.
  fileprivate func listenError(_ socket: ListeningSocket) -> TransportError? {
    do throws(TransportError) {
      try listen(socket)
      return nil
    } catch {
      return error
    }
  }
}

/// Collects the handles of loops as they start on their own threads.
private final class StartedLoops: Sendable {
  private let handles = Guarded<[EventLoop.Handle]>([])
  private let failure = Guarded<TransportError?>(nil)
  private let signal = DispatchSemaphore(value: 0)

  func add(_ handle: EventLoop.Handle, error: TransportError?) {
    handles.withLock { $0.append(handle) }
    if let error { failure.withLock { $0 = error } }
    signal.signal()
  }

  func wait(for count: Int) throws(TransportError) -> [EventLoop.Handle] {
    for _ in 0..<count { signal.wait() }
    let handles = handles.withLock { $0 }
    if let error = failure.withLock({ $0 }) {
      for handle in handles { handle.submit { $0.stop() } }
      throw error
    }
    return handles
  }
}
