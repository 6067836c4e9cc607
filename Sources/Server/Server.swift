import Bytes
import HTTP
package import Transport

/// Serves HTTP/1.1 on one loop: accepts connections, lets a handler answer their requests, and
/// drains. It knows nothing of what is served.
package final class Server {
  /// One read takes so much at most; the buffer for it is the loop's, not a connection's.
  static let readBytes = 32 * 1024
  /// Connections beyond the limit that are still being told so.
  private static let refusedConnections = 256
  /// For TCP handshakes that have begun when draining does: longer than a round trip around the
  /// world, shorter than the second after which a client sends its first packet again.
  private static let handshakeGrace = Duration.milliseconds(300)

  /// Limits that hold from now on; `tls` and `trustedProxies` are for new connections.
  package var configuration: ServerConfiguration
  package let load: ServerLoad
  package private(set) var isDraining = false
  let loop: EventLoop
  let handler: any RequestHandler
  /// Where connections read to and write heads to, each within one call.
  let scratch = ByteBuffer(capacity: Server.readBytes)
  let headScratch = ByteBuffer(capacity: 1024)
  private var dateClock = DateClock()
  private var listener: Listener?
  private var connections: [Connection] = []
  private var refused = 0
  private var drained: (() -> Void)?
  private var drainTimer: LoopTimer?
  private var handshakeTimer: LoopTimer?

  /// - Parameter load: shared by all servers of a process whose limits are common.
  package init(
    loop: EventLoop, configuration: ServerConfiguration = ServerConfiguration(),
    load: ServerLoad = ServerLoad(), handler: any RequestHandler
  ) {
    self.loop = loop
    self.configuration = configuration
    self.load = load
    self.handler = handler
  }

  /// Open connections of this loop, the refused and closing ones too.
  package var connectionCount: Int { connections.count }
  /// The port that is listened on; nil before `listen` and once draining has begun.
  package var port: UInt16? { listener?.port }

  /// Begins to accept from `socket`, which it takes over.
  package func listen(_ socket: ListeningSocket) throws(TransportError) {
    listener = try Listener(socket, on: loop) { [unowned self] in accepted($0) }
  }

  /// Begins to accept on an address of this server's own and returns the bound port.
  @discardableResult
  package func listen(_ address: ListenAddress) throws(TransportError) -> UInt16 {
    let sockets = try ListeningSocket.open(address, count: 1)
    for socket in sockets { try listen(socket) }
    return sockets.first?.port ?? 0
  }

  /// Stops accepting, after handshakes that have begun; closes idle connections; lets requests in
  /// flight finish until `timeout`, and closes what is left then. Calls `completion` once, when no
  /// connection is left.
  package func beginDrain(timeout: Duration, completion: @escaping () -> Void) {
    guard !isDraining else { return }
    isDraining = true
    drained = completion
    // Closing it at once would reset clients amid their handshake, who count themselves connected.
    let finishesHandshakes = listener?.ignoreNewConnections() ?? false
    for connection in connections { connection.drain() }
    let end = LoopTimer { [unowned self] in
      endAccepting()
      closeAll()
    }
    drainTimer = end
    loop.schedule(end, after: timeout)
    guard finishesHandshakes else { return endAccepting() }
    let last = LoopTimer { [unowned self] in endAccepting() }
    handshakeTimer = last
    loop.schedule(last, after: Self.handshakeGrace)
  }

  /// Accepts what the kernel has queued, and stops listening.
  private func endAccepting() {
    if let handshakeTimer { loop.cancel(handshakeTimer) }
    handshakeTimer = nil
    listener?.drainAndClose()
    listener = nil
    finishDrainIfEmpty()
  }

  /// Closes every connection, whatever it is doing; requests in flight are canceled.
  func closeAll() {
    for connection in connections { connection.close() }
  }

  private func accepted(_ accepted: Listener.Accepted) {
    let admission = admit(accepted)
    do throws(TransportError) {
      let connection = try Connection(accepted, server: self, admission)
      connection.index = connections.count
      connections.append(connection)
      if connection.isAdmitted {
        if isDraining { connection.drain() }
      } else {
        refused += 1
        if refused > Self.refusedConnections { return connection.close() }
        connection.refuse()
      }
    } catch {
      // epoll or OpenSSL has no memory for one more; the descriptor is closed.
      release(admission)
    }
  }

  /// Counts a new connection, over all and of its address.
  private func admit(_ accepted: Listener.Accepted) -> Connection.Admission {
    guard load.admitConnection(limit: configuration.connections) else {
      return .refused(ProtocolError(503, "too many connections are open"))
    }
    guard configuration.connectionsPerAddress > 0 || !configuration.trustedProxies.isEmpty,
      let address = IPAddress(accepted.peer)
    else { return .client(counted: nil) }
    if configuration.trustedProxies.contains(address) { return .proxy }
    guard configuration.connectionsPerAddress > 0 else { return .client(counted: nil) }
    let client = address.ofOneClient
    if load.admit(client, limit: configuration.connectionsPerAddress) {
      return .client(counted: client)
    }
    load.releaseConnection()
    return .refused(ProtocolError(429, "too many connections of one address are open"))
  }

  private func release(_ admission: Connection.Admission) {
    if case .refused = admission { return }
    load.releaseConnection()
    if case .client(let counted?) = admission { load.release(counted) }
  }

  /// A connection has closed.
  func remove(_ connection: Connection) {
    let last = connections.removeLast()
    if last !== connection {
      connections[connection.index] = last
      last.index = connection.index
    }
    release(connection.admission)
    if !connection.isAdmitted { refused -= 1 }
    finishDrainIfEmpty()
  }

  private func finishDrainIfEmpty() {
    guard isDraining, listener == nil, connections.isEmpty, let drained else { return }
    self.drained = nil
    if let drainTimer { loop.cancel(drainTimer) }
    drainTimer = nil
    // Not amid the closing connection's own work.
    loop.defer(drained)
  }

  /// Has `connection` read on in the next turn, after the others that are ready.
  func resumeNextTurn(_ connection: Connection) {
    let timer = LoopTimer { [weak connection] in connection?.resumeReading() }
    loop.schedule(timer, after: .nanoseconds(1))
  }

  func dateBytes() -> UnsafeRawBufferPointer { dateClock.bytes(at: loop.now) }
}
