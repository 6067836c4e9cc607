package import Bytes
import CLinux
import Glibc

/// A connected, non-blocking socket: the one owner of its descriptor, watched by one loop.
/// Reading and writing never wait; they say when they would. With a TLS session inside, both go
/// through it; either may then need the other direction first, so that its owner tries whatever is
/// pending on any readiness.
package final class ByteStream {
  package enum ReadOutcome: Equatable {
    case bytes(Int)
    case wouldBlock
    /// The peer has shut its sending side.
    case end
    case failed(TransportError)
  }

  package enum WriteOutcome: Equatable {
    case bytes(Int)
    case wouldBlock
    case failed(TransportError)
  }

  private let loop: EventLoop
  private var descriptor: Int32
  private var registration: EventLoop.Registration?
  /// The session that the bytes go through, if the connection is secured.
  package private(set) var tls: TLSSession?

  /// Takes a connection over from whoever made it; it is closed when this throws.
  package convenience init(
    adopting socket: ConnectedSocket, on loop: EventLoop, watchedBy target: any Pollable
  ) throws(TransportError) {
    try self.init(adopting: socket.take(), tls: socket.tls, on: loop, watchedBy: target)
  }

  /// Takes ownership of a descriptor that was accepted; it is closed when this throws.
  /// - Parameter context: secures the connection, with a handshake that begins at the first read.
  package convenience init(
    adopting descriptor: Int32, securedBy context: TLSContext?, on loop: EventLoop,
    watchedBy target: any Pollable
  ) throws(TransportError) {
    let session: TLSSession?
    do throws(TransportError) {
      session = try context?.session(on: descriptor)
    } catch {
      Glibc.close(descriptor)
      throw error
    }
    try self.init(adopting: descriptor, tls: session, on: loop, watchedBy: target)
  }

  /// Takes ownership of `descriptor`, which is non-blocking; it is closed when this throws.
  package init(
    adopting descriptor: Int32, tls: TLSSession? = nil, on loop: EventLoop,
    watchedBy target: any Pollable
  ) throws(TransportError) {
    self.loop = loop
    self.tls = tls
    self.descriptor = descriptor
    do {
      registration = try loop.register(descriptor, target)
    } catch {
      Glibc.close(descriptor)
      self.descriptor = -1
      throw error
    }
  }

  deinit { close() }

  package var isOpen: Bool { descriptor >= 0 }

  /// Reads once into the buffer's free space, of which there is at least `minimum` bytes.
  package func read(into buffer: ByteBuffer, minimum: Int) -> ReadOutcome {
    var outcome = ReadOutcome.wouldBlock
    buffer.appendUnsafe(minimum: minimum) { space in
      if let tls {
        outcome = tls.read(into: space)
        if case .bytes(let count) = outcome { return count }
        return 0
      }
      let count = retryingOnInterrupt { recv(descriptor, space.baseAddress, space.count, 0) }
      if count > 0 {
        outcome = .bytes(count)
        return count
      }
      if count == 0 {
        outcome = .end
      } else if errno != EAGAIN {
        outcome = .failed(.system(call: "recv", errno: errno))
      }
      return 0
    }
    return outcome
  }

  /// Writes once, as much of the two pieces as the kernel takes.
  package func write(
    _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer = .init(start: nil, count: 0)
  ) -> WriteOutcome {
    if let tls { return write(first, second, through: tls) }
    var pieces = (
      iovec(iov_base: .init(mutating: first.baseAddress), iov_len: first.count),
      iovec(iov_base: .init(mutating: second.baseAddress), iov_len: second.count)
    )
    let count = withUnsafeMutablePointer(to: &pieces) { pieces in
      pieces.withMemoryRebound(to: iovec.self, capacity: 2) { vector in
        var message = msghdr()
        message.msg_iov = vector
        message.msg_iovlen = 2
        return retryingOnInterrupt { sendmsg(descriptor, &message, Int32(MSG_NOSIGNAL)) }
      }
    }
    if count >= 0 { return .bytes(count) }
    return errno == EAGAIN ? .wouldBlock : .failed(.system(call: "sendmsg", errno: errno))
  }

  /// A TLS record's content at most (RFC 8446, 5.1).
  private static let recordBytes = 16 * 1024

  /// Goes on until the kernel takes no more: nothing would tell that it still had room. A short head
  /// and what follows it share a record.
  private func write(
    _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, through tls: TLSSession
  ) -> WriteOutcome {
    let total = first.count + second.count
    var written = 0
    while written < total {
      let outcome: WriteOutcome
      if written >= first.count {
        outcome = tls.write(UnsafeRawBufferPointer(rebasing: second[(written - first.count)...]))
      } else if second.isEmpty || first.count - written >= Self.recordBytes {
        outcome = tls.write(UnsafeRawBufferPointer(rebasing: first[written...]))
      } else {
        outcome = writeJoined(UnsafeRawBufferPointer(rebasing: first[written...]), second, tls)
      }
      switch outcome {
      case .bytes(let count): written += count
      // What got through must be reported; an error shows again at the next write.
      case .wouldBlock, .failed: return written > 0 ? .bytes(written) : outcome
      }
    }
    return .bytes(written)
  }

  private func writeJoined(
    _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, _ tls: TLSSession
  ) -> WriteOutcome {
    let count = min(Self.recordBytes, first.count + second.count)
    return withUnsafeTemporaryAllocation(byteCount: count, alignment: 16) { record in
      record.copyMemory(from: first)
      UnsafeMutableRawBufferPointer(rebasing: record[first.count...])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: second.prefix(count - first.count)))
      return tls.write(UnsafeRawBufferPointer(record))
    }
  }

  /// Goes on without TLS, towards a peer that never began it.
  package func abandonTLS() { tls = nil }

  /// Tells the peer that nothing more is sent; reading goes on.
  package func shutDownWriting() {
    guard isOpen else { return }
    tls?.sayGoodbye()
    shutdown(descriptor, Int32(SHUT_WR))
  }

  /// Bytes that the kernel has taken and the peer's has not acknowledged yet (tcp(7), SIOCOUTQ).
  package var unacknowledgedBytes: Int {
    var count: Int32 = 0
    // SIOCOUTQ is TIOCOUTQ; the importer does not see the former.
    return isOpen && ioctl(descriptor, UInt(TIOCOUTQ), &count) == 0 ? Int(count) : 0
  }

  package func close() {
    guard descriptor >= 0 else { return }
    tls?.sayGoodbye()
    if let registration { loop.unregister(registration, descriptor) }
    Glibc.close(descriptor)
    descriptor = -1
  }
}

/// Calls again when a signal interrupted the call before it did anything.
func retryingOnInterrupt(_ call: () -> Int) -> Int {
  while true {
    let result = call()
    if result >= 0 || errno != EINTR { return result }
  }
}
