import Transport

final class HTTP2Connection {
  var hasRoom: Bool { false }
  init(_ socket: ConnectedSocket, pool: ConnectionPool, loop: EventLoop) throws(TransportError) {}
  func send(_ exchange: Exchange) {}
  func close() {}
}
