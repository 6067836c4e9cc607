import HTTP
import Server
import Support
import Testing
import Transport

/// Who is asking, behind proxies, and what one client may have open there.
struct TrustedProxyTests {
  @Test(
    arguments: [
      ("203.0.113.7", "203.0.113.7"),
      ("198.51.100.1, 203.0.113.7", "203.0.113.7"),
      ("198.51.100.1, 203.0.113.7, 10.1.2.3", "203.0.113.7"),
      ("203.0.113.7, 10.1.2.3, 10.9.9.9", "203.0.113.7"),
      ("203.0.113.7:4711", "203.0.113.7"),
      ("2001:db8::1", "2001:db8::1"), ("2001:DB8:0::1", "2001:db8::1"),
      ("[2001:db8::1]", "2001:db8::1"), ("[2001:db8::1]:4711", "2001:db8::1"),
      ("::ffff:203.0.113.7", "203.0.113.7"),
      // What stands left of a malformed value is no better than that value.
      ("203.0.113.7, unknown", nil), ("203.0.113.7, unknown, 10.1.2.3", nil),
      ("", nil), ("10.1.2.3", nil), ("999.1.1.1", nil), ("1.2.3", nil),
      ("203.0.113.7 10.1.2.3", nil),
      ("203.0.113.7:99999", nil), ("203.0.113.7:", nil), ("[203.0.113.7]", nil),
      ("[2001:db8::1", nil),
      ("203.0.113.7/32", nil), ("0x7f.1", nil), ("\"203.0.113.7", nil), ("::1%lo", nil),
    ] as [(String, String?)])
  func `the rightmost address that is not a proxy's is the client's`(
    value: String, client: String?
  ) {
    let proxies = TrustedProxies(["10.0.0.0/8", "192.0.2.1"])
    let found = proxies.client(Fields([("X-Forwarded-For", value)]))
    #expect(found?.description == client)
  }

  @Test func `several fields are one list, and Forwarded is not read`() {
    let proxies = TrustedProxies(["10.0.0.0/8"])
    let fields = Fields([
      ("X-Forwarded-For", "198.51.100.1"), ("Forwarded", "for=192.0.2.9"),
      ("x-forwarded-for", "203.0.113.7, 10.0.0.1"),
    ])
    #expect(proxies.client(fields)?.description == "203.0.113.7")
    #expect(proxies.client(Fields([("Forwarded", "for=192.0.2.9")])) == nil)
  }

  @Test(arguments: [
    ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false),
    ("10.0.0.7/8", "10.1.1.1", true), ("0.0.0.0/0", "203.0.113.7", true),
    ("0.0.0.0/0", "2001:db8::1", false), ("::/0", "203.0.113.7", true),
    ("203.0.113.7", "203.0.113.7", true), ("203.0.113.7", "::ffff:203.0.113.7", true),
    ("203.0.113.0/31", "203.0.113.2", false), ("2001:db8::/32", "2001:db8:ffff::1", true),
    ("2001:db8::/65", "2001:db8:0:0:8000::1", false), ("::1", "::1", true),
    ("::1/127", "::2", false),
  ])
  func `a network holds its addresses`(network: String, address: String, holds: Bool) throws {
    let proxies = TrustedProxies([network])
    #expect(proxies.contains(try #require(IPAddress(address))) == holds)
  }

  @Test(arguments: ["", "10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/", "10.0.0.0/+8", "x", "/8"])
  func `what is no network is none`(text: String) { #expect(IPNetwork(text) == nil) }

  @Test func `an IPv6 client is its network of 64 bits`() throws {
    let first = try #require(IPAddress("2001:db8:1:2:aaaa::1"))
    let second = try #require(IPAddress("2001:db8:1:2:bbbb::2"))
    let other = try #require(IPAddress("2001:db8:1:3::1"))
    #expect(first.ofOneClient == second.ofOneClient && first.ofOneClient != other.ofOneClient)
    let four = try #require(IPAddress("203.0.113.7"))
    #expect(four.ofOneClient == four)
  }

  // MARK: Over sockets

  private func withHeld(
    proxies: [String], _ test: (ServerGroup, Events) throws -> Void
  ) throws {
    var configuration = ServerConfiguration()
    configuration.connectionsPerAddress = 2
    configuration.trustedProxies = TrustedProxies(proxies)
    try withHeldRequests(configuration, test)
  }

  private func ask(_ client: RawClient, _ path: String, for address: String) throws {
    try client.send("GET \(path) HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: \(address)\r\n\r\n")
  }

  @Test func `behind a proxy the requests of each client are counted, not the connections`() throws
  {
    try withHeld(proxies: ["127.0.0.0/8"]) { group, events in
      let clients = try (0..<6).map { _ in try RawClient(port: group.address.port) }
      try ask(clients[0], "/a", for: "203.0.113.1")
      #expect(events.next() == "got /a")
      try ask(clients[1], "/b", for: "9.9.9.9, 203.0.113.1")
      #expect(events.next() == "got /b")
      // The third of one client is refused, and its connection, which others share, goes on.
      try ask(clients[2], "/c", for: "203.0.113.1")
      let refusal = try #require(try clients[2].answer())
      #expect(refusal.status == 429)
      #expect(refusal.head.contains("\r\nRetry-After: 1\r\n"))
      try ask(clients[2], "/d", for: "203.0.113.2")
      #expect(events.next() == "got /d")
      // Requests of the proxy itself, a health check say, are not counted.
      for index in 3..<6 {
        try clients[index].send("GET /\(index) HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(events.next() == "got /\(index)")
      }
      // An answered request makes room, and so does one whose connection is gone.
      clients[1].reset()
      #expect(events.next() == "canceled /b")
      let next = try RawClient(port: group.address.port)
      try ask(next, "/e", for: "203.0.113.1")
      #expect(events.next() == "got /e")
      group.loops.first?.submit { $0.attached(HeldRequests.self)?.answerAll() }
      #expect(try clients[0].answer()?.status == 200)
      try ask(clients[0], "/f", for: "203.0.113.1")
      #expect(events.next() == "got /f")
    }
  }

  @Test func `whoever is no proxy is not believed`() throws {
    try withHeld(proxies: ["192.0.2.1"]) { group, events in
      let clients = try (0..<2).map { _ in try RawClient(port: group.address.port) }
      for (index, client) in clients.enumerated() {
        try ask(client, "/\(index)", for: "203.0.113.\(index)")
        #expect(events.next() == "got /\(index)")
      }
      let third = try RawClient(port: group.address.port)
      #expect(try third.answer()?.status == 429)
    }
  }

  @Test func `a handler is told the client's address`() throws {
    for (proxies, expected) in [(["127.0.0.1"], "2001:db8::7"), ([], "127.0.0.1")] {
      var configuration = ServerConfiguration()
      configuration.trustedProxies = TrustedProxies(proxies)
      try withServer(
        configuration,
        handler: { _ in ScriptedHandler { $1.respond(text($0.remoteAddress)) } },
        { group in
          let client = try RawClient(port: group.address.port)
          try ask(client, "/", for: "[2001:db8::7]:80, 127.0.0.1")
          #expect(try client.answer()?.body == expected)
        })
    }
  }
}
