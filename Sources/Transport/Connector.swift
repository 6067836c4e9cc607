import Glibc

/// Makes one connection to a host: look-up, connect, and with a TLS context the handshake.
/// It has no deadline of its own: its owner cancels it.
package final class Connector {
  package enum Stage: Sendable {
    case lookingUp, connecting, securing
  }

  package struct Failure: Error {
    package var stage: Stage
    package var error: TransportError
  }

  package typealias Outcome = Result<ConnectedSocket, Failure>

  package private(set) var stage = Stage.lookingUp
  private let loop: EventLoop
  private let host: String
  private let tls: TLSContext?
  private var race: ConnectionRace?
  private var handshake: Handshake?
  private var completion: ((Outcome) -> Void)?

  private init(
    host: String, tls: TLSContext?, loop: EventLoop, completion: @escaping (Outcome) -> Void
  ) {
    self.loop = loop
    self.host = host
    self.tls = tls
    self.completion = completion
  }

  /// Begins to connect; `completion` is called once, on the loop, never before this returns.
  /// The caller keeps the connector until then: dropping it cancels it.
  package static func connect(
    to host: String, port: UInt16, tls: TLSContext?, resolver: HostResolver, on loop: EventLoop,
    completion: @escaping (Outcome) -> Void
  ) -> Connector {
    let connector = Connector(host: host, tls: tls, loop: loop, completion: completion)
    loop.defer { [weak connector] in
      resolver.resolve(host: host, port: port, on: loop) { connector?.lookedUp($0) }
    }
    return connector
  }

  deinit { cancel() }

  /// Ends it without calling `completion`.
  package func cancel() {
    completion = nil
    race?.cancel()
    handshake?.cancel()
    race = nil
    handshake = nil
  }

  private func lookedUp(_ answer: HostResolver.Answer) {
    guard completion != nil else { return }
    switch answer {
    case .failure(let error): finish(.failure(Failure(stage: .lookingUp, error: error)))
    case .success(let addresses):
      stage = .connecting
      let race = ConnectionRace(addresses, on: loop) { [weak self] in self?.connected($0) }
      self.race = race
      race.start()
    }
  }

  private func connected(_ outcome: Result<ConnectedSocket, TransportError>) {
    race = nil
    switch outcome {
    case .failure(let error): finish(.failure(Failure(stage: .connecting, error: error)))
    case .success(let socket):
      guard let tls else { return finish(.success(socket)) }
      stage = .securing
      do throws(TransportError) {
        handshake = try Handshake(socket, tls, host: host, on: loop) { [weak self] in
          self?.secured($0)
        }
      } catch {
        finish(.failure(Failure(stage: .securing, error: error)))
      }
    }
  }

  private func secured(_ outcome: Result<ConnectedSocket, TransportError>) {
    handshake = nil
    finish(outcome.mapError { Failure(stage: .securing, error: $0) })
  }

  private func finish(_ outcome: Outcome) {
    let completion = completion
    self.completion = nil
    completion?(outcome)
  }
}

/// A TLS handshake in progress: the owner of its descriptor until it is done.
private final class Handshake: Pollable {
  private let loop: EventLoop
  private let session: TLSSession
  private let address: RemoteAddress?
  private var descriptor: Int32
  private var registration: EventLoop.Registration?
  private let ended: (Result<ConnectedSocket, TransportError>) -> Void

  init(
    _ socket: ConnectedSocket, _ tls: TLSContext, host: String, on loop: EventLoop,
    ended: @escaping (Result<ConnectedSocket, TransportError>) -> Void
  ) throws(TransportError) {
    self.loop = loop
    self.ended = ended
    address = socket.address
    descriptor = socket.take()
    do throws(TransportError) {
      session = try tls.session(on: descriptor, host: host)
    } catch {
      Glibc.close(descriptor)
      throw error
    }
    do throws(TransportError) {
      // The socket is writable: the loop's first event starts the handshake.
      registration = try loop.register(descriptor, self)
    } catch {
      cancel()
      throw error
    }
  }

  deinit { cancel() }

  func ready(_ readiness: Readiness) {
    guard descriptor >= 0 else { return }
    switch session.handshake() {
    case .wouldBlock: return
    case .failed(let error):
      cancel()
      ended(.failure(error))
    case .done:
      if let registration { loop.unregister(registration, descriptor) }
      let socket = ConnectedSocket(descriptor: descriptor, tls: session, address: address)
      descriptor = -1
      ended(.success(socket))
    }
  }

  func cancel() {
    guard descriptor >= 0 else { return }
    if let registration { loop.unregister(registration, descriptor) }
    Glibc.close(descriptor)
    descriptor = -1
  }
}
