import Bytes
import Transport

/// One loop's connections to one source: gives each exchange a connection, newest idle one first, and
/// makes new ones when none is free. Callers hold a permit each, which bounds everything here.
final class ConnectionPool {
  let template: RequestTemplate
  let responseBytes: Int
  var maximumAge: Duration { shared.configuration.maximumAge }
  var idleTimeout: Duration { shared.configuration.idleTimeout }
  private(set) lazy var http2Fields = HTTP2Fields(template)
  private let shared: UpstreamShared
  private let loop: EventLoop
  private var waiting: [Exchange] = []
  /// Oldest first.
  private var idle: [HTTP1Connection] = []
  private var busy: [ObjectIdentifier: HTTP1Connection] = [:]
  private var multiplexed: [HTTP2Connection] = []
  private var dials: [Dial] = []
  /// What the source's last connection agreed on; nil before the first.
  private var speaksHTTP2: Bool?
  private var isClosed = false
  private var made = 0
  private lazy var sweep = LoopTimer { [weak self] in self?.closeExpired() }

  private final class Dial {
    var connector: Connector?
    var timer: LoopTimer?
  }

  /// With more streams than this wanted at a time, a server that grants few has its own reasons.
  private static let maximumMultiplexed = 4

  init(_ shared: UpstreamShared, loop: EventLoop) {
    self.shared = shared
    self.loop = loop
    template = RequestTemplate(shared.configuration)
    responseBytes = shared.configuration.responseBytes
  }

  func submit(_ exchange: Exchange) {
    waiting.append(exchange)
    assign()
  }

  func withdraw(_ exchange: Exchange) {
    waiting.removeAll { $0 === exchange }
    exchange.giveUp()
  }

  func count(into counts: inout UpstreamCounts) {
    counts.connectionsMade += made
    counts.idleConnections += idle.count
    counts.busyConnections += busy.count
    counts.sharedConnections += multiplexed.count
  }

  /// What a new connection is at, for the message of a call that runs out of time.
  var dialStage: Connector.Stage? { dials.first?.connector?.stage }

  /// Closes everything; exchanges under way are dropped without an outcome.
  func close() {
    isClosed = true
    waiting = []
    loop.cancel(sweep)
    for dial in dials { end(dial) }
    for connection in idle { connection.close() }
    for connection in Array(busy.values) { connection.close() }
    for connection in multiplexed { connection.close() }
  }

  // MARK: Assigning

  private func assign() {
    while let exchange = waiting.first {
      if let connection = multiplexed.first(where: \.hasRoom) {
        waiting.removeFirst()
        connection.send(exchange)
      } else if let connection = takeIdle() {
        waiting.removeFirst()
        busy[ObjectIdentifier(connection)] = connection
        connection.send(exchange)
      } else {
        break
      }
    }
    while dials.count < wantedDials { dial() }
  }

  private var wantedDials: Int {
    // One connection may do for all, which is known when it is there.
    let mayShare = shared.tls != nil && shared.configuration.allowsHTTP2 && speaksHTTP2 != false
    guard mayShare else { return waiting.count }
    if multiplexed.contains(where: \.awaitsSettings) { return 0 }
    return multiplexed.count < Self.maximumMultiplexed ? min(1, waiting.count) : 0
  }

  private func takeIdle() -> HTTP1Connection? {
    while let connection = idle.popLast() {
      if !connection.hasServed || connection.madeAt + maximumAge > loop.now { return connection }
      connection.close()
    }
    return nil
  }

  // MARK: Dialling

  private func dial() {
    let dial = Dial()
    dials.append(dial)
    let timer = LoopTimer { [weak self, weak dial] in
      // Whoever waited for it runs out of time in this turn as well; whoever came later needs another.
      self?.loop.defer { [weak self, weak dial] in
        guard let self, let dial, dials.contains(where: { $0 === dial }) else { return }
        end(dial)
        assign()
      }
    }
    dial.timer = timer
    loop.schedule(timer, after: shared.configuration.timeout)
    let origin = shared.configuration.origin
    let connector = Connector.connect(
      to: origin.host, port: origin.port, tls: shared.tls, resolver: shared.resolver, on: loop
    ) { [weak self, weak dial] outcome in
      guard let self, let dial, dials.contains(where: { $0 === dial }) else { return }
      end(dial)
      dialled(outcome)
    }
    if dials.contains(where: { $0 === dial }) { dial.connector = connector }
  }

  private func end(_ dial: Dial) {
    if let timer = dial.timer { loop.cancel(timer) }
    dial.connector?.cancel()
    dials.removeAll { $0 === dial }
  }

  private func dialled(_ outcome: Connector.Outcome) {
    switch outcome {
    case .failure(let failure):
      let fault = Self.fault(failure)
      // A connection for all fails all, one of many fails the one that has waited longest.
      let isForAll = shared.tls != nil && speaksHTTP2 != false
      failWaiting(fault, count: isForAll ? waiting.count : min(1, waiting.count))
    case .success(let socket):
      made += 1
      speaksHTTP2 = socket.tls?.negotiatedProtocol == "h2"
      do throws(TransportError) {
        if speaksHTTP2 == true {
          multiplexed.append(try HTTP2Connection(socket, pool: self, loop: loop))
        } else {
          idle.append(try HTTP1Connection(socket, pool: self, loop: loop))
          armSweep()
        }
      } catch {
        let fault = Exchange.Fault(code: .connect, message: error.description)
        failWaiting(fault, count: min(1, waiting.count))
      }
    }
    assign()
  }

  private func failWaiting(_ fault: Exchange.Fault, count: Int) {
    let exchanges = waiting.prefix(count)
    waiting.removeFirst(count)
    for exchange in exchanges { exchange.fail(fault) }
  }

  private static func fault(_ failure: Connector.Failure) -> Exchange.Fault {
    let code: UpstreamFailure.Code =
      switch failure.stage {
      case .lookingUp: .dns
      case .connecting: .connect
      case .securing: .tls
      }
    return Exchange.Fault(
      code: code, message: failure.error.description,
      trace: failure.error.isEndOfConnection ? .lost : .received)
  }

  // MARK: For connections

  func released(_ connection: HTTP1Connection) {
    busy[ObjectIdentifier(connection)] = nil
    guard idle.count < shared.configuration.maximumIdle || !waiting.isEmpty else {
      return connection.close()
    }
    connection.idleSince = loop.now
    idle.append(connection)
    armSweep()
    assign()
  }

  func closed(_ connection: HTTP1Connection) {
    busy[ObjectIdentifier(connection)] = nil
    idle.removeAll { $0 === connection }
  }

  /// The connection that all waited for is of no use.
  func failWaiting(_ fault: Exchange.Fault) { failWaiting(fault, count: waiting.count) }

  /// A stream has ended, or the peer allows more of them.
  func hasRoom() { assign() }

  /// The connection takes no more streams; those that it has may still end.
  func retired(_ connection: HTTP2Connection) {
    multiplexed.removeAll { $0 === connection }
    if !isClosed { assign() }
  }

  // MARK: Idle connections

  private func armSweep() {
    guard !sweep.isScheduled, let oldest = idle.first else { return }
    loop.schedule(sweep, at: oldest.idleSince + shared.configuration.idleTimeout)
  }

  func closeIdle() {
    for connection in idle { connection.close() }
  }

  private func closeExpired() {
    let limit = shared.configuration.idleTimeout
    for connection in idle where connection.idleSince + limit <= loop.now { connection.close() }
    armSweep()
  }

  // MARK: Scratch space

  // One set for a pool: reading and writing never wait, so that no two connections use it at a time.
  // Each is empty when it is handed out, and valid until it is asked for again.
  private lazy var head = ByteBuffer(capacity: 8 * 1024)
  private lazy var request = ByteBuffer(capacity: 2 * 1024)
  private lazy var wire = ByteBuffer(capacity: HTTP1Connection.chunkBytes)
  private lazy var decoded = ByteBuffer(capacity: HTTP1Connection.chunkBytes)

  func headScratch() -> ByteBuffer { emptied(head) }
  func requestScratch() -> ByteBuffer { emptied(request) }
  func bodyScratch() -> ByteBuffer { emptied(wire) }
  func decodedScratch() -> ByteBuffer { emptied(decoded) }

  private func emptied(_ buffer: ByteBuffer) -> ByteBuffer {
    buffer.truncate(to: 0)
    return buffer
  }
}
