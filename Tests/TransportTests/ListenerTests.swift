import Glibc
import Support
import Testing

@testable import Transport

/// Listeners on a loop that the test turns by hand.
struct ListenerTests {
  private func listen(
    _ loop: EventLoop, on address: ListenAddress = ListenAddress(port: 0),
    accept: @escaping (Listener.Accepted) -> Void
  ) throws -> Listener {
    let socket = try #require(try ListeningSocket.open(address, count: 1).first)
    return try Listener(socket, on: loop, accept: accept)
  }

  @Test func `connections are handed over with the peer's address`() throws {
    let loop = EventLoop()
    var accepted: [Listener.Accepted] = []
    let listener = try listen(loop) { accepted.append($0) }
    let client = try RawClient(port: listener.port)
    while accepted.isEmpty { loop.turn(waitingAtMost: .seconds(1)) }
    #expect(accepted.map(\.peer) == ["127.0.0.1"])
    for connection in accepted {
      var option: Int32 = 0
      var length = socklen_t(MemoryLayout<Int32>.size)
      getsockopt(connection.descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &option, &length)
      #expect(option != 0, "TCP_NODELAY is inherited")
      #expect(fcntl(connection.descriptor, F_GETFL) & O_NONBLOCK != 0)
      close(connection.descriptor)
    }
    client.close()
  }

  @Test func `an IPv6 listener names an IPv4 peer as IPv4`() throws {
    let loop = EventLoop()
    var peers: [String] = []
    let listener = try listen(loop, on: ListenAddress(host: "::", port: 0)) {
      peers.append($0.peer)
      close($0.descriptor)
    }
    let client = try RawClient(port: listener.port)
    while peers.isEmpty { loop.turn(waitingAtMost: .seconds(1)) }
    #expect(peers == ["127.0.0.1"])
    client.close()
  }

  @Test func `more connections than one turn accepts are all accepted`() throws {
    let loop = EventLoop()
    var count = 0
    let listener = try listen(loop) {
      count += 1
      close($0.descriptor)
    }
    let clients = try (0..<200).map { _ in try RawClient(port: listener.port) }
    var turns = 0
    while count < 200, turns < 50 {
      loop.turn(waitingAtMost: .seconds(1))
      turns += 1
    }
    #expect(count == 200)
    #expect(turns > 1, "a bound holds in each turn")
    clients.forEach { $0.close() }
  }

  @Test func `a listener that closes accepts what is queued first`() throws {
    let loop = EventLoop()
    var count = 0
    let listener = try listen(loop) {
      count += 1
      close($0.descriptor)
    }
    let clients = try (0..<100).map { _ in try RawClient(port: listener.port) }
    listener.drainAndClose()
    #expect(count == 100)
    #expect(throws: RawClient.Failure.self) { try RawClient(port: listener.port) }
    clients.forEach { $0.close() }
  }

  @Test func `a listener that ignores new connections neither takes nor refuses them`() throws {
    let loop = EventLoop()
    var count = 0
    let listener = try listen(loop) {
      count += 1
      close($0.descriptor)
    }
    let before = try RawClient(port: listener.port)
    #expect(listener.ignoreNewConnections())
    // On loopback the kernel answers within the call, if it answers.
    let late = try RawClient(port: listener.port, waits: false)
    #expect(late.tcpState == TCP_SYN_SENT)
    listener.drainAndClose()
    #expect(count == 1)
    withExtendedLifetime(before) {}
  }

  @Test func `sockets for several loops share a port that nobody else gets`() throws {
    let sockets = try ListeningSocket.open(ListenAddress(port: 0), count: 3)
    let port = try #require(sockets.first?.port)
    #expect(sockets.allSatisfy { $0.port == port } && port != 0)
    let error = #expect(throws: TransportError.self) {
      try ListeningSocket.open(ListenAddress(port: port), count: 1)
    }
    #expect(error == .system(call: "bind 127.0.0.1:\(port)", errno: EADDRINUSE))
    let takenOver = try ListeningSocket.open(ListenAddress(port: port), count: 1, takeOver: true)
    for socket in sockets + takenOver { socket.close() }
  }

  @Test func `a host that is no address is refused`() {
    #expect(throws: TransportError.system(call: "bind example.com:0", errno: EINVAL)) {
      try ListeningSocket.open(ListenAddress(host: "example.com", port: 0), count: 1)
    }
  }

  @Test(arguments: [EMFILE, ENFILE, ENOMEM])
  func `a listener without descriptors rests and recovers`(code: Int32) throws {
    let loop = EventLoop()
    var count = 0
    var calls = 0
    let socket = try #require(try ListeningSocket.open(ListenAddress(port: 0), count: 1).first)
    let listener = try Listener(
      socket, on: loop,
      acceptingBy: { descriptor in
        calls += 1
        return calls < 3 ? .failure(.init(errno: code)) : Listener.acceptOne(descriptor)
      },
      accept: {
        count += 1
        close($0.descriptor)
      })
    let client = try RawClient(port: listener.port)
    let start = Instant.now()
    while count == 0 { loop.turn(waitingAtMost: .seconds(1)) }
    #expect(Instant.now() - start >= .milliseconds(100), "two failures, two rests")
    #expect(calls == 4, "it spun")
    client.close()
  }

  @Test func `a connection that is gone before it is accepted stops nobody`() throws {
    let loop = EventLoop()
    var count = 0
    var calls = 0
    let socket = try #require(try ListeningSocket.open(ListenAddress(port: 0), count: 1).first)
    let listener = try Listener(
      socket, on: loop,
      acceptingBy: { descriptor in
        calls += 1
        return calls == 1 ? .failure(.init(errno: ECONNABORTED)) : Listener.acceptOne(descriptor)
      },
      accept: {
        count += 1
        close($0.descriptor)
      })
    let client = try RawClient(port: listener.port)
    loop.turn(waitingAtMost: .seconds(1))
    #expect(count == 1)
    client.close()
  }
}
