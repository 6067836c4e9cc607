import Glibc

/// Connects to the first of several addresses that answers: families alternate, each attempt gets a
/// head start of 250 ms over the next, a failed one starts the next at once, and the first to
/// connect ends the others (RFC 8305, sections 4 and 5). It has no deadline of its own.
final class ConnectionRace {
  private let loop: EventLoop
  private var addresses: ArraySlice<RemoteAddress>
  private var attempts: [Attempt] = []
  private var lastError = TransportError.lookup(reason: "no address")
  private var completion: ((Result<ConnectedSocket, TransportError>) -> Void)?
  private lazy var headStart = LoopTimer { [weak self] in self?.startNext() }

  private static let headStartDelay = Duration.milliseconds(250)
  /// A name with more addresses than this is served by some of them: each attempt is a descriptor.
  private static let maximumAddresses = 8

  init(
    _ addresses: [RemoteAddress], on loop: EventLoop,
    completion: @escaping (Result<ConnectedSocket, TransportError>) -> Void
  ) {
    self.loop = loop
    self.addresses = Self.alternating(addresses).prefix(Self.maximumAddresses)
    self.completion = completion
  }

  func start() { startNext() }

  func cancel() {
    completion = nil
    stop()
  }

  /// Families alternate, beginning with that of the first address; the order within each stays.
  static func alternating(_ addresses: [RemoteAddress]) -> [RemoteAddress] {
    guard let first = addresses.first else { return [] }
    let preferred = addresses.filter { $0.isIPv6 == first.isIPv6 }
    let others = addresses.filter { $0.isIPv6 != first.isIPv6 }
    var mixed: [RemoteAddress] = []
    for index in 0..<max(preferred.count, others.count) {
      if index < preferred.count { mixed.append(preferred[index]) }
      if index < others.count { mixed.append(others[index]) }
    }
    return mixed
  }

  private func startNext() {
    while completion != nil, let address = addresses.popFirst() {
      do throws(TransportError) {
        let attempt = try Attempt(address, on: loop) { [weak self] attempt, outcome in
          self?.ended(attempt, outcome)
        }
        attempts.append(attempt)
        if !addresses.isEmpty { loop.schedule(headStart, after: Self.headStartDelay) }
        return
      } catch {
        lastError = error
      }
    }
    if attempts.isEmpty { finish(.failure(lastError)) }
  }

  private func ended(_ attempt: Attempt, _ outcome: Result<ConnectedSocket, TransportError>) {
    attempts.removeAll { $0 === attempt }
    switch outcome {
    case .success:
      finish(outcome)
    case .failure(let error):
      lastError = error
      startNext()
    }
  }

  private func finish(_ outcome: Result<ConnectedSocket, TransportError>) {
    let completion = completion
    self.completion = nil
    stop()
    completion?(outcome)
  }

  private func stop() {
    loop.cancel(headStart)
    for attempt in attempts { attempt.close() }
    attempts = []
  }
}

/// One connect in progress: the owner of its descriptor until it is connected.
private final class Attempt: Pollable {
  private let loop: EventLoop
  private let address: RemoteAddress
  private var descriptor: Int32
  private var registration: EventLoop.Registration?
  private let ended: (Attempt, Result<ConnectedSocket, TransportError>) -> Void

  init(
    _ address: RemoteAddress, on loop: EventLoop,
    ended: @escaping (Attempt, Result<ConnectedSocket, TransportError>) -> Void
  ) throws(TransportError) {
    self.loop = loop
    self.address = address
    self.ended = ended
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    descriptor = socket(address.isIPv6 ? AF_INET6 : AF_INET, kind, 0)
    guard descriptor >= 0 else { throw .system(call: "socket", errno: errno) }
    var on: Int32 = 1
    setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    let status = address.withSocketAddress { Glibc.connect(descriptor, $0, $1) }
    do throws(TransportError) {
      if status != 0, errno != EINPROGRESS, errno != EINTR {
        throw .system(call: "connect", errno: errno)
      }
      registration = try loop.register(descriptor, self)
    } catch {
      Glibc.close(descriptor)
      descriptor = -1
      throw error
    }
  }

  deinit { close() }

  func ready(_ readiness: Readiness) {
    guard descriptor >= 0, readiness.isWritable || readiness.isHungUp else { return }
    var code: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
    if code != 0 {
      close()
      return ended(self, .failure(.system(call: "connect", errno: code)))
    }
    guard readiness.isWritable else { return }
    if let registration { loop.unregister(registration, descriptor) }
    let socket = ConnectedSocket(descriptor: descriptor, address: address)
    descriptor = -1
    ended(self, .success(socket))
  }

  func close() {
    guard descriptor >= 0 else { return }
    if let registration { loop.unregister(registration, descriptor) }
    Glibc.close(descriptor)
    descriptor = -1
  }
}
