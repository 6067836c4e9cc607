import Bytes
import Dispatch
import HTTP
import Support
import Testing
import Transport

@testable import Server

/// Each limit is reached over a real socket, and its timeouts are short instead of slept through.
struct LimitTests {
  private let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

  @Test(arguments: ["", "GET / HT", "GET / HTTP/1.1\r\nHost: h\r\n"])
  func `a head that does not come in time is answered 408`(start: String) throws {
    var configuration = ServerConfiguration()
    configuration.headTimeout = .milliseconds(60)
    try withServer(configuration) { group in
      let client = try RawClient(port: group.address.port)
      try client.send(start)
      #expect(try client.answersToEnd().map(\.status) == [408])
    }
  }

  @Test func `the head's time is not renewed by each byte`() throws {
    var configuration = ServerConfiguration()
    configuration.headTimeout = .milliseconds(150)
    configuration.lingerTimeout = .seconds(30)
    try withServer(configuration) { group in
      let slow = try RawClient(port: group.address.port)
      let pace = try RawClient(port: group.address.port)
      // The other connection's answers pace the bytes; the loop lives as long as they come.
      var answered = false
      for byte in String(repeating: "a", count: 100_000).utf8 where !answered {
        try slow.send([byte])
        try pace.send(get)
        _ = try pace.answer()
        answered = slow.hasInput
      }
      #expect(answered)
      #expect(try slow.answer()?.status == 408)
    }
  }

  @Test func `an idle connection is closed without a word`() throws {
    var configuration = ServerConfiguration()
    configuration.idleTimeout = .milliseconds(60)
    try withServer(configuration) { group in
      let client = try RawClient(port: group.address.port)
      try client.send(get)
      #expect(try client.answer()?.status == 200)
      #expect(try client.isClosedByServer())
    }
  }

  @Test func `a body that comes too slowly is answered 408`() throws {
    var configuration = ServerConfiguration()
    configuration.rateWindow = .milliseconds(60)
    configuration.bytesPerSecond = 1_000
    try withServer(configuration) { group in
      let client = try RawClient(port: group.address.port)
      try client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 50\r\n\r\nabc")
      #expect(try client.answersToEnd().map(\.status) == [408])
    }
  }

  @Test func `a client that takes its answer too slowly is cut off`() throws {
    var configuration = ServerConfiguration()
    configuration.rateWindow = .milliseconds(60)
    configuration.bytesPerSecond = 1_000
    let body = 8_000_000
    try withServer(
      configuration,
      handler: { _ in
        ScriptedHandler {
          $1.respond(text(String(repeating: "a", count: $0.path == "/big" ? body : 1)))
        }
      },
      { group in
        let client = try RawClient(port: group.address.port, receiveBuffer: 4096)
        try client.send("GET /big HTTP/1.1\r\nHost: h\r\n\r\n")
        let other = try RawClient(port: group.address.port)
        try other.send(get)
        #expect(try other.answer()?.status == 200)
        // The other connection is served meanwhile; so many answers take far longer than the limit.
        for _ in 0..<50_000 where group.load.connectionCount > 1 {
          try other.send(get)
          #expect(try other.answer()?.status == 200)
        }
        #expect(group.load.connectionCount == 1)
        #expect(throws: RawClient.Failure.self) { try client.answer() }
      })
  }

  @Test func `much that waits for slow clients raises the rate that they must take it at`() throws {
    var configuration = ServerConfiguration()
    #expect(configuration.slowestReading(whileHolding: 64 << 20) == 256)
    #expect(configuration.slowestReading(whileHolding: 64 << 20 + 1) == 64 << 10)
    configuration.bytesPerSecond = 1 << 20
    #expect(configuration.slowestReading(whileHolding: .max) == 1 << 20)
  }

  @Test(arguments: [true, false])
  func `what waits for a client is counted until it is taken or given up`(reads: Bool) throws {
    let loop = EventLoop()
    let body = String(repeating: "a", count: 8_000_000)
    let server = Server(loop: loop, handler: ScriptedHandler { $1.respond(text(body)) })
    let port = try server.listen(ListenAddress(port: 0))
    let client = try RawClient(port: port, receiveBuffer: 4096)
    try client.send(get)
    while server.heldAnswerBytes == 0 { loop.turn(waitingAtMost: .milliseconds(10)) }
    #expect(server.heldAnswerBytes > body.utf8.count)
    if reads {
      let done = Guarded(false)
      // The client blocks while this thread drives the loop; nothing else uses it.
      nonisolated(unsafe) let reader = client
      DispatchQueue.global().async {
        let answer = try? reader.answer()
        #expect(answer?.body.utf8.count == 8_000_000)
        done.withLock { $0 = true }
      }
      while !done.withLock({ $0 }) { loop.turn(waitingAtMost: .milliseconds(10)) }
    } else {
      client.reset()
      while server.connectionCount > 0 { loop.turn(waitingAtMost: .milliseconds(10)) }
    }
    #expect(server.heldAnswerBytes == 0)
  }

  @Test func `hundreds of slow clients hold nobody up, and are cut off`() throws {
    var configuration = ServerConfiguration()
    configuration.headTimeout = .milliseconds(400)
    configuration.rateWindow = .milliseconds(400)
    configuration.bytesPerSecond = 10_000
    let starts = [
      "GET / HTTP/1.1\r\nHost: h\r\nX: ",
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 60000\r\n\r\nabc",
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    ]
    try withServer(loops: 2, configuration) { group in
      let slow = try (0..<300).map { index in
        let client = try RawClient(port: group.address.port)
        try client.send(starts[index % starts.count])
        return client
      }
      let polite = try RawClient(port: group.address.port)
      var longest = Duration.zero
      for _ in 0..<300 {
        let start = Instant.now()
        try polite.send(get)
        #expect(try polite.answer()?.status == 200)
        longest = max(longest, Instant.now() - start)
      }
      // One slow client after another would take a minute.
      #expect(longest < .seconds(5))
      for client in slow { #expect(try client.answersToEnd().map(\.status) == [408]) }
    }
  }

  @Test func `connections beyond the limit are answered 503 and others go on`() throws {
    var configuration = ServerConfiguration()
    configuration.connections = 2
    configuration.retryAfter = 7
    try withServer(configuration) { group in
      let first = try RawClient(port: group.address.port)
      let second = try RawClient(port: group.address.port)
      for client in [first, second] {
        try client.send(get)
        #expect(try client.answer()?.status == 200)
      }
      let third = try RawClient(port: group.address.port)
      let refusal = try #require(try third.answer())
      #expect(refusal.status == 503)
      #expect(refusal.head.contains("\r\nRetry-After: 7\r\n"))
      #expect(try third.isClosedByServer())
      try first.send(get)
      #expect(try first.answer()?.status == 200)
      // The place of one that leaves is free again.
      second.close()
      for _ in 0..<50_000 where group.load.connectionCount > 1 {
        try first.send(get)
        _ = try first.answer()
      }
      let fourth = try RawClient(port: group.address.port)
      try fourth.send(get)
      #expect(try fourth.answer()?.status == 200)
    }
  }

  @Test func `connections of one address have a limit of their own`() throws {
    var configuration = ServerConfiguration()
    configuration.connectionsPerAddress = 1
    try withServer(configuration) { group in
      let first = try RawClient(port: group.address.port)
      try first.send(get)
      #expect(try first.answer()?.status == 200)
      let refusal = try #require(try RawClient(port: group.address.port).answer())
      #expect(refusal.status == 429)
      #expect(refusal.head.contains("\r\nRetry-After: 1\r\n"))
      try first.send(get)
      #expect(try first.answer()?.status == 200)
    }
  }

  @Test func `requests beyond those in flight are answered 503 and the connection goes on`() throws
  {
    var configuration = ServerConfiguration()
    configuration.requestsInFlight = 1
    try withHeldRequests(configuration) { group, events in
      let first = try RawClient(port: group.address.port)
      try first.send("GET /first HTTP/1.1\r\nHost: h\r\n\r\n")
      #expect(events.next() == "got /first")
      let second = try RawClient(port: group.address.port)
      try second.send(get + get)
      #expect(try second.answer()?.status == 503)
      #expect(try second.answer()?.status == 503)
      group.loops.first?.submit { $0.attached(HeldRequests.self)?.answerAll() }
      #expect(try first.answer()?.body == "late")
      try second.send("GET /second HTTP/1.1\r\nHost: h\r\n\r\n")
      #expect(events.next() == "got /second")
    }
  }

  @Test func `pipelined requests are kept up to a bound while one is worked on`() throws {
    var configuration = ServerConfiguration()
    configuration.headLimits.headBytes = 1024
    let events = Events()
    let count = 30_000
    try withServer(
      configuration,
      handler: { loop in
        let held = HeldRequests(events)
        loop.attach(held)
        return ScriptedHandler { request, responder in
          if request.path == "/held" {
            held.handle(request, responder)
          } else {
            responder.respond(Response(204))
          }
        }
      },
      { group in
        let client = try RawClient(port: group.address.port)
        try client.send("GET /held HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(events.next() == "got /held")
        try client.send(String(repeating: get, count: count / 10))
        group.loops.first?.submit { $0.attached(HeldRequests.self)?.answerAll() }
        #expect(try client.answer()?.body == "late")
        for _ in 0..<count / 10 { #expect(try client.answer()?.status == 204) }
      })
  }
}
