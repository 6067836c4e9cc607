import CLinux
import Glibc

/// Accepts connections on one loop and hands each to its owner. When descriptors run out it rests
/// for a moment instead of spinning: connections wait in the kernel's queue meanwhile.
package final class Listener: Pollable {
  /// One accepted connection: a non-blocking descriptor, which the callee owns from here on.
  package struct Accepted {
    package let descriptor: Int32
    /// The peer's address as text, without port.
    package let peer: String
  }

  /// So many connections are accepted before others get their turn.
  private static let acceptsPerTurn = 64
  /// How long to rest without descriptors or memory. Nothing tells when there are some again.
  private static let rest = Duration.milliseconds(50)

  package let port: UInt16
  private let loop: EventLoop
  private let accept: (Accepted) -> Void
  private let acceptOne: (Int32) -> Result<Accepted, AcceptFailure>
  private var descriptor: Int32
  private var registration: EventLoop.Registration?
  private var resume: LoopTimer?

  /// Takes `socket` over; it is closed when this throws.
  package convenience init(
    _ socket: ListeningSocket, on loop: EventLoop, accept: @escaping (Accepted) -> Void
  ) throws(TransportError) {
    try self.init(socket, on: loop, acceptingBy: Self.acceptOne, accept: accept)
  }

  /// - Parameter acceptingBy: `accept4`, or what a test puts in its place: the process cannot be
  ///   left without descriptors while other tests run in it.
  init(
    _ socket: ListeningSocket, on loop: EventLoop,
    acceptingBy acceptOne: @escaping (Int32) -> Result<Accepted, AcceptFailure>,
    accept: @escaping (Accepted) -> Void
  ) throws(TransportError) {
    self.loop = loop
    self.acceptOne = acceptOne
    self.accept = accept
    port = socket.port
    descriptor = socket.descriptor
    resume = LoopTimer { [unowned self] in _ = acceptSome(Self.acceptsPerTurn) }
    do {
      registration = try loop.register(descriptor, self)
    } catch {
      close()
      throw error
    }
  }

  deinit { close() }

  package func ready(_ readiness: Readiness) { _ = acceptSome(Self.acceptsPerTurn) }

  /// Handshakes that have begun are finished, new ones are not answered: those clients try again a
  /// second later. False where the kernel cannot do that.
  package func ignoreNewConnections() -> Bool { linux_ignore_new_connections(descriptor) == 0 }

  /// Accepts what the kernel has queued and closes: none of those clients is turned away.
  package func drainAndClose() {
    while acceptSome(Self.acceptsPerTurn) {}
    close()
  }

  package func close() {
    guard descriptor >= 0 else { return }
    if let resume { loop.cancel(resume) }
    resume = nil
    if let registration { loop.unregister(registration, descriptor) }
    Glibc.close(descriptor)
    descriptor = -1
  }

  /// Whether the bound stopped it, and more may be waiting. Being edge-triggered, it then comes
  /// back by itself in the next turn.
  private func acceptSome(_ bound: Int) -> Bool {
    for _ in 0..<bound {
      guard descriptor >= 0 else { return false }
      switch acceptOne(descriptor) {
      case .success(let accepted): accept(accepted)
      case .failure(let failure):
        switch failure.errno {
        case EAGAIN: return false
        // That one connection is gone already (accept(2)); others may be well.
        case EINTR, ECONNABORTED, EPROTO, ENETDOWN, EHOSTDOWN, EHOSTUNREACH, ENETUNREACH: continue
        default:
          if let resume { loop.schedule(resume, after: Self.rest) }
          return false
        }
      }
    }
    if let resume { loop.schedule(resume, after: .nanoseconds(1)) }
    return true
  }

  /// Why `accept4` gave no connection.
  struct AcceptFailure: Error {
    let errno: Int32
  }

  /// One call of `accept4`.
  static func acceptOne(_ descriptor: Int32) -> Result<Accepted, AcceptFailure> {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let flags = Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let accepted = withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        accept4(descriptor, $0, &length, flags)
      }
    }
    if accepted < 0 { return .failure(AcceptFailure(errno: errno)) }
    return .success(Accepted(descriptor: accepted, peer: peerText(&storage)))
  }
}
