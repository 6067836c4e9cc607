import Glibc

/// A descriptor between two owners: connected, secured when `tls` is set, watched by nobody.
/// Closed when it is dropped without having been taken.
package final class ConnectedSocket {
  private var descriptor: Int32
  package let tls: TLSSession?
  /// The peer's address, for messages.
  package let address: RemoteAddress?

  package init(descriptor: Int32, tls: TLSSession? = nil, address: RemoteAddress? = nil) {
    self.descriptor = descriptor
    self.tls = tls
    self.address = address
  }

  deinit { if descriptor >= 0 { Glibc.close(descriptor) } }

  /// Hands the descriptor over; whoever takes it closes it.
  func take() -> Int32 {
    defer { descriptor = -1 }
    return descriptor
  }
}
