import Bytes
import HTTP
import Server
import Support
import Testing
import Transport

/// Leaving clients, draining, and a server without descriptors.
struct LifetimeTests {
  private let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

  @Test(arguments: [true, false])
  func `a client that leaves cancels its request`(byReset: Bool) throws {
    try withHeldRequests { group, events in
      let client = try RawClient(port: group.address.port)
      try client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
      #expect(events.next() == "got /a")
      if byReset { client.reset() } else { client.close() }
      #expect(events.next() == "canceled /a")
      // An answer that comes too late does nothing.
      group.loops.first?.submit { $0.attached(HeldRequests.self)?.answerAll() }
      let other = try RawClient(port: group.address.port)
      try other.send("GET /b HTTP/1.1\r\nHost: h\r\n\r\n")
      #expect(events.next() == "got /b")
      #expect(group.load.requestCount == 1)
    }
  }

  @Test func `a half-closed client gets an answer that comes soon`() throws {
    var configuration = ServerConfiguration()
    configuration.halfCloseGrace = .seconds(30)
    try withHeldRequests(configuration) { group, events in
      let client = try RawClient(port: group.address.port)
      try client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
      client.shutDownWriting()
      #expect(events.next() == "got /a")
      group.loops.first?.submit { $0.attached(HeldRequests.self)?.answerAll() }
      #expect(try client.answersToEnd().map(\.body) == ["late"])
    }
  }

  @Test func `draining closes idle connections, finishes requests and refuses new ones`() throws {
    try withHeldRequests { group, events in
      let busy = try RawClient(port: group.address.port)
      try busy.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
      #expect(events.next() == "got /a")
      let idle = try RawClient(port: group.address.port)
      try idle.send("GET /b HTTP/1.1\r\nHost: h\r\n\r\n")
      #expect(events.next() == "got /b")
      group.loops.first?.submit { $0.attached(HeldRequests.self)?.answerAll() }
      #expect(try busy.answer()?.body == "late")
      #expect(try idle.answer()?.body == "late")
      try busy.send("GET /c HTTP/1.1\r\nHost: h\r\n\r\n")
      #expect(events.next() == "got /c")

      let drained = Semaphore()
      group.drain(timeout: .seconds(30)) { drained.signal() }
      #expect(try idle.isClosedByServer())
      #expect(throws: RawClient.Failure.self) { try RawClient(port: group.address.port) }
      group.loops.first?.submit { $0.attached(HeldRequests.self)?.answerAll() }
      let last = try #require(try busy.answer())
      #expect(last.body == "late")
      #expect(last.head.contains("\r\nConnection: close\r\n"))
      busy.close()
      #expect(drained.wait())
      #expect(group.load.connectionCount == 0)
      group.drain(timeout: .seconds(30)) { drained.signal() }
      #expect(drained.wait(), "a second drain is done at once")
    }
  }

  @Test func `a connection accepted before draining still gets its first request served`() throws {
    try withServer { group in
      let clients = try (0..<20).map { _ in try RawClient(port: group.address.port) }
      let drained = Semaphore()
      group.drain(timeout: .seconds(30)) { drained.signal() }
      for client in clients {
        try client.send(get)
        #expect(try client.answersToEnd().map(\.status) == [200])
        client.close()
      }
      #expect(drained.wait())
    }
  }

  @Test func `what is not done when the drain's time is over is canceled`() throws {
    try withHeldRequests { group, events in
      let client = try RawClient(port: group.address.port)
      try client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
      #expect(events.next() == "got /a")
      let drained = Semaphore()
      group.drain(timeout: .milliseconds(50)) { drained.signal() }
      #expect(drained.wait())
      #expect(events.next() == "canceled /a")
    }
  }

  @Test func `an exchange lets go of everything once it is answered`() throws {
    final class Mark {}
    let loop = EventLoop()
    weak var leaked: Mark?
    let server = Server(
      loop: loop,
      handler: ScriptedHandler { _, responder in
        let mark = Mark()
        leaked = mark
        responder.onCancel = { withExtendedLifetime((mark, responder)) {} }
        responder.respond(text("done"))
        responder.onCancel = { withExtendedLifetime((mark, responder)) {} }
      })
    let client = try RawClient(port: try server.listen(ListenAddress(port: 0)))
    try client.send(get)
    while !client.hasInput { loop.turn(waitingAtMost: .milliseconds(10)) }
    #expect(try client.answer()?.body == "done")
    #expect(leaked == nil)
  }

  @Test func `one server alone on a loop serves and drains`() throws {
    let loop = EventLoop()
    let server = Server(loop: loop, handler: EchoHandler())
    let port = try server.listen(ListenAddress(port: 0))
    #expect(server.port == port)
    let client = try RawClient(port: port)
    try client.send(get)
    while !client.hasInput { loop.turn(waitingAtMost: .milliseconds(10)) }
    #expect(try client.answer()?.body == "GET / h")
    #expect(server.connectionCount == 1)
    var drained = false
    server.beginDrain(timeout: .seconds(5)) { drained = true }
    while !drained { loop.turn(waitingAtMost: .milliseconds(10)) }
    #expect(server.connectionCount == 0 && server.port == nil)
    #expect(try client.isClosedByServer())
  }

  @Test func `several loops share one port`() throws {
    try withServer(loops: 2) { group in
      for _ in 0..<40 {
        let client = try RawClient(port: group.address.port)
        try client.send(get)
        #expect(try client.answer()?.status == 200)
      }
    }
  }

  @Test func `a second server on the port gets a clear error, unless it takes over`() throws {
    try withServer { group in
      let error = #expect(throws: TransportError.self) {
        try ServerGroup(loops: 1, address: group.address) { _ in EchoHandler() }
      }
      #expect(error?.description == "bind \(group.address): Address already in use")
      let second = try ServerGroup(loops: 1, address: group.address, takeOver: true) { _ in
        EchoHandler()
      }
      second.stop()
      let client = try RawClient(port: group.address.port)
      try client.send(get)
      #expect(try client.answer()?.status == 200)
    }
  }
}
