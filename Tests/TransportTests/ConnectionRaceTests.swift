import Glibc
import Testing

@testable import Transport

@Suite struct ConnectionRaceTests {
  /// A listening socket on loopback; one with a backlog that is full lets a connect hang.
  private final class Listener {
    let descriptor: Int32
    let address: RemoteAddress

    init(host: String = "127.0.0.1") throws {
      let bound = try #require(RemoteAddress(numeric: host, port: 0))
      let made = socket(bound.isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      descriptor = made
      let status = bound.withSocketAddress { bind(made, $0, $1) }
      try #require(status == 0)
      listen(made, 16)
      var storage = sockaddr_storage()
      var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
      let found = withUnsafeMutablePointer(to: &storage) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          getsockname(made, $0, &length)
          return RemoteAddress($0, length: length)
        }
      }
      address = try #require(found)
    }

    deinit { close(descriptor) }
  }

  private func connect(_ addresses: [RemoteAddress]) -> (outcome: String, time: Duration) {
    let loop = EventLoop()
    var outcome: String?
    let race = ConnectionRace(addresses, on: loop) {
      switch $0 {
      case .success(let socket): outcome = socket.address?.description ?? "nowhere"
      case .failure(let error): outcome = error.description
      }
    }
    let start = Instant.now()
    race.start()
    while outcome == nil, Instant.now() - start < .seconds(5) {
      loop.turn(waitingAtMost: .seconds(1))
    }
    race.cancel()
    return (outcome ?? "nothing", Instant.now() - start)
  }

  /// Of a few tries: a busy machine may hold one up as long as a head start does.
  private func quickest(_ addresses: [RemoteAddress]) -> Duration {
    (0..<5).map { _ in connect(addresses).time }.min() ?? .seconds(5)
  }

  private func closedAddress(_ host: String = "127.0.0.1") throws -> RemoteAddress {
    // The port is free again when the listener is gone, and nobody takes it so soon.
    try Listener(host: host).address
  }

  @Test func `families alternate, the first one's first`() throws {
    let four = try (1...3).map { try #require(RemoteAddress(numeric: "127.0.0.\($0)", port: 1)) }
    let six = try (1...2).map { try #require(RemoteAddress(numeric: "::\($0)", port: 1)) }
    #expect(
      ConnectionRace.alternating(six + four) == [six[0], four[0], six[1], four[1], four[2]])
    #expect(ConnectionRace.alternating(four) == four)
    #expect(ConnectionRace.alternating([]).isEmpty)
  }

  @Test func `an address that refuses is followed by the next at once`() throws {
    let listener = try Listener()
    let addresses = [try closedAddress(), try closedAddress(), listener.address]
    #expect(connect(addresses).outcome == "127.0.0.1")
    #expect(quickest(addresses) < .milliseconds(200))
  }

  @Test func `when one family does not work, the other does`() throws {
    let listener = try Listener()
    // Nobody listens there, where there is IPv6 at all.
    let other = try #require(RemoteAddress(numeric: "::1", port: 1))
    #expect(connect([other, listener.address]).outcome == "127.0.0.1")
    #expect(quickest([other, listener.address]) < .milliseconds(200))
  }

  @Test func `when all refuse, the refusal is told`() throws {
    #expect(connect([try closedAddress()]).outcome == "connect: Connection refused")
    #expect(connect([]).outcome == "no address")
  }

  @Test func `an address that says nothing loses to the next after its head start`() throws {
    // A backlog of nothing, filled by connections that nobody accepts.
    let silent = try Listener()
    listen(silent.descriptor, 0)
    let fillers = (0..<4).map { _ -> Int32 in
      let filler = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
      _ = silent.address.withSocketAddress { Glibc.connect(filler, $0, $1) }
      return filler
    }
    defer { for filler in fillers { close(filler) } }
    let listener = try Listener(host: "127.0.0.2")
    let (outcome, time) = connect([silent.address, listener.address])
    #expect(outcome == "127.0.0.2")
    #expect(time >= .milliseconds(240))
  }
}
