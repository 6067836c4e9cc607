import Foundation
import HTTP
import Server
import Support
import Testing
import Transport

/// Clients keep connecting while a server stops: whoever has connected is answered.
@Suite(.timeLimit(.minutes(10))) struct DrainTests {
  /// Threads that connect, ask once and leave, over and over, until told to stop or turned away.
  private final class Crowd: Sendable {
    struct Tally {
      var answered = 0
      /// Connected and then not answered.
      var lost: [String] = []
      var turnedAway = 0
      var goesOn = true
    }
    let tally = Guarded(Tally())
    private let threads = DispatchGroup()

    init(_ count: Int, port: UInt16) {
      for _ in 0..<count {
        threads.enter()
        Thread.detachNewThread { [tally, threads] in
          while tally.withLock({ $0.goesOn }), Self.ask(port, tally) {}
          threads.leave()
        }
      }
    }

    private static func ask(_ port: UInt16, _ tally: Guarded<Tally>) -> Bool {
      guard let client = try? RawClient(port: port) else {
        tally.withLock { $0.turnedAway += 1 }
        return false
      }
      do {
        try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        let status = try client.answer()?.status
        tally.withLock {
          if status == 200 { $0.answered += 1 } else { $0.lost.append("\(status ?? 0)") }
        }
      } catch {
        tally.withLock { $0.lost.append("\(error)") }
      }
      return true
    }

    /// Waits until so many have been answered from now on.
    func awaitAnswers(_ count: Int) {
      let wanted = tally.withLock { $0.answered } + count
      let end = Instant.now() + .seconds(20)
      while tally.withLock({ $0.answered < wanted && $0.lost.isEmpty }), Instant.now() < end {
        sched_yield()
      }
    }

    func stop() -> Tally {
      tally.withLock { $0.goesOn = false }
      threads.wait()
      return tally.withLock { $0 }
    }
  }

  @Test func `whoever has connected when draining comes is answered`() throws {
    try withServer(loops: 2) { group in
      let crowd = Crowd(8, port: group.address.port)
      crowd.awaitAnswers(200)
      let drained = Semaphore()
      group.drain(timeout: .seconds(10)) { drained.signal() }
      #expect(drained.wait())
      let tally = crowd.stop()
      #expect(tally.lost == [])
      #expect(tally.turnedAway == 8, "each thread went on until the port was closed")
    }
  }

  @Test func `a server that takes over loses no request and turns nobody away`() throws {
    let first = try ServerGroup(loops: 2, address: ListenAddress(port: 0)) { _ in EchoHandler() }
    let crowd = Crowd(8, port: first.address.port)
    crowd.awaitAnswers(100)
    let second = try ServerGroup(loops: 2, address: first.address, takeOver: true) { _ in
      EchoHandler()
    }
    defer { second.stop() }
    crowd.awaitAnswers(100)
    let drained = Semaphore()
    first.drain(timeout: .seconds(10)) { drained.signal() }
    #expect(drained.wait())
    first.stop()
    crowd.awaitAnswers(100)
    let tally = crowd.stop()
    #expect(tally.lost == [])
    #expect(tally.turnedAway == 0)
  }

  @Test func `a connection that comes amid draining is served once`() throws {
    let loop = EventLoop()
    let server = Server(loop: loop, handler: EchoHandler())
    let port = try server.listen(ListenAddress(port: 0))
    // Connected in the kernel, and not accepted yet.
    let client = try RawClient(port: port)
    var drained = false
    server.beginDrain(timeout: .seconds(5)) { drained = true }
    try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    while !drained { loop.turn(waitingAtMost: .milliseconds(10)) }
    let answer = try #require(try client.answer())
    #expect(answer.status == 200)
    #expect(answer.head.contains("\r\nConnection: close\r\n"))
    #expect(server.port == nil)
  }
}
