import Foundation
import HTTP
import Server
import Support
import Testing
import Transport

/// HTTPS as curl and openssl, which are not ours, see it.
@Suite(.timeLimit(.minutes(10))) struct TLSTests {
  private static let authority = CertificateAuthority.shared
  private let request = "GET /path HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"

  private static func context(_ name: String = "good") throws -> TLSContext {
    try TLSContext(
      serverCertificateFile: authority.certificate(name), keyFile: authority.key(name),
      protocols: ["http/1.1"])
  }

  private func configuration() throws -> ServerConfiguration {
    var configuration = ServerConfiguration()
    configuration.tls = try Self.context()
    return configuration
  }

  private func curl(
    _ group: ServerGroup, _ arguments: String..., host: String = "localhost"
  ) throws -> Command {
    try Command(
      [
        "curl", "--silent", "--show-error", "--max-time", "10", "--cacert", Self.authority.caFile,
        "--resolve", "\(host):\(group.address.port):127.0.0.1",
      ] + arguments.map { $0.replacing("URL", with: "https://\(host):\(group.address.port)") })
  }

  private func openssl(
    _ group: ServerGroup, _ arguments: String..., sending text: String? = nil
  ) throws -> Command {
    try Command(
      [
        "openssl", "s_client", "-ign_eof", "-connect", "127.0.0.1:\(group.address.port)",
        "-servername", "localhost", "-CAfile", Self.authority.caFile,
      ] + arguments, input: text ?? request)
  }

  @Test(arguments: ["1.2", "1.3"])
  func `a verified request is answered, many on one connection`(version: String) throws {
    try withServer(configuration()) { group in
      let answer = try curl(
        group, "--tlsv\(version)", "--tls-max", version, "--write-out",
        "%{num_connects} %{http_version}\n", "URL/a", "URL/b")
      #expect(answer.output.contains("GET /a localhost"))
      #expect(answer.output.contains("GET /b localhost"))
      #expect(answer.output.contains("1 1.1\n") && answer.output.contains("0 1.1\n"))
    }
  }

  @Test func `bodies of many records go both ways`() throws {
    var configuration = try configuration()
    configuration.bodyBytes = 8 << 20
    let file = NSTemporaryDirectory() + "body-\(UUID().uuidString)"
    let line = "0123456789 a body longer than sockets and records hold\n"
    let body = String(repeating: line, count: 60_000)
    try body.write(toFile: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: file) }
    try withServer(configuration) { group in
      let answer = try curl(group, "--data-binary", "@\(file)", "URL/")
      #expect(answer.output.utf8.count == body.utf8.count)
      #expect(answer.output == body)
      // A client that takes it slowly leaves the server with a rest, record by record.
      let slow = try curl(group, "--limit-rate", "3M", "--data-binary", "@\(file)", "URL/")
      #expect(slow.output == body)
    }
  }

  @Test func `TLS 1_1 is refused`() throws {
    try withServer(configuration()) { group in
      let old = try openssl(group, "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0")
      #expect(old.status != 0)
      #expect(old.output.contains("alert protocol version"), "\(old.output)")
      let weak = try openssl(group, "-tls1_2", "-cipher", "AES128-SHA")
      #expect(weak.output.contains("handshake failure"), "\(weak.output)")
      #expect(try curl(group, "URL/").status == 0)
    }
  }

  @Test(arguments: ["-tls1_2", "-tls1_3"])
  func `a ticket resumes the session, on every loop`(version: String) throws {
    let file = NSTemporaryDirectory() + "session-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: file) }
    try withServer(loops: 2, configuration()) { group in
      let first = try openssl(group, version, "-sess_out", file)
      #expect(first.output.contains("GET /path h"))
      #expect(first.output.contains("New, TLS"))
      for _ in 0..<6 {
        let next = try openssl(group, version, "-sess_in", file)
        #expect(next.output.contains("Reused, TLS"), "\(next.output)")
        #expect(next.output.contains("GET /path h"))
      }
    }
  }

  @Test func `protocols are chosen by ALPN, and another one is turned away`() throws {
    try withServer(configuration()) { group in
      let both = try openssl(group, "-alpn", "h2,http/1.1")
      #expect(both.output.contains("ALPN protocol: http/1.1"))
      let other = try openssl(group, "-alpn", "h2")
      #expect(other.output.contains("no application protocol"), "\(other.output)")
    }
  }

  @Test func `a client is told the end before the connection closes`() throws {
    try withServer(configuration()) { group in
      // A missing close_notify would be an error of its own to OpenSSL 3.
      let answer = try openssl(group)
      #expect(answer.output.contains("GET /path h"))
      #expect(!answer.output.contains("unexpected eof"), "\(answer.output)")
      let malformed = try openssl(group, sending: "GET / HTTP/2.0\r\n\r\n")
      #expect(malformed.output.contains("HTTP/1.1 505 "))
      #expect(!malformed.output.contains("unexpected eof"), "\(malformed.output)")
    }
  }

  @Test(arguments: [[], [0x16, 3, 1, 2, 0], [0x16, 3, 1, 0, 5, 1, 0, 0, 1, 3]] as [[UInt8]])
  func `a handshake that does not end in time is cut off`(start: [UInt8]) throws {
    var configuration = try configuration()
    configuration.headTimeout = .milliseconds(80)
    try withServer(configuration) { group in
      let client = try RawClient(port: group.address.port)
      if !start.isEmpty { try client.send(start) }
      // Without a word of HTTP, and for what is malformed with an alert.
      #expect(try client.answerlessEnd())
      #expect(group.load.requestCount == 0)
    }
  }

  @Test func `plain HTTP on the port is told what the port speaks`() throws {
    try withServer(configuration()) { group in
      let client = try RawClient(port: group.address.port)
      try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
      let answer = try #require(try client.answer())
      #expect(answer.status == 400)
      #expect(answer.body.contains("this port speaks HTTPS"))
      #expect(try client.isClosedByServer())
      let noise = try RawClient(port: group.address.port)
      try noise.send([UInt8](repeating: 0x80, count: 3_000))
      #expect(try noise.answerlessEnd())
      #expect(try curl(group, "URL/").status == 0)
    }
  }

  @Test func `a connection beyond the limit is answered 503 once it asks`() throws {
    var configuration = try configuration()
    configuration.connections = 1
    try withServer(configuration) { group in
      let first = try RawClient(port: group.address.port)
      for _ in 0..<50_000 where group.load.connectionCount == 0 { sched_yield() }
      let answer = try curl(group, "--include", "URL/")
      #expect(answer.output.contains("HTTP/1.1 503 "), "\(answer.output)")
      #expect(answer.output.contains("Retry-After: 1"))
      first.close()
    }
  }

  @Test func `another certificate serves new connections and old ones go on`() throws {
    let replaced = Guarded<ServerGroup?>(nil)
    let other = try Self.context("wrongHost")
    let handler: @Sendable (EventLoop) -> any RequestHandler = { _ in
      ScriptedHandler { request, responder in
        var configuration = ServerConfiguration()
        configuration.tls = other
        if request.path == "/first" { replaced.withLock { $0 }?.reconfigure(configuration) }
        responder.respond(text("served \(request.path)\n"))
      }
    }
    try withServer(configuration(), handler: handler) { group in
      replaced.withLock { $0 = group }
      defer { replaced.withLock { $0 = nil } }
      let old = try curl(
        group, "--write-out", "%{num_connects}\n", "URL/first", "URL/second", "URL/third")
      #expect(old.output == "served /first\n1\nserved /second\n0\nserved /third\n0\n")
      #expect(try curl(group, "URL/").status == 60, "the new certificate is for another host")
      let new = try curl(group, "URL/new", host: "elsewhere.test")
      #expect(new.output == "served /new\n")
    }
  }

  @Test func `limits change while connections stay`() throws {
    try withServer { group in
      let first = try RawClient(port: group.address.port)
      try first.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
      #expect(try first.answer()?.status == 200)
      var configuration = ServerConfiguration()
      configuration.connections = 1
      configuration.headLimits.headBytes = 1_024
      group.reconfigure(configuration)
      let done = Semaphore()
      group.loops.first?.submit { _ in done.signal() }
      #expect(done.wait())
      #expect(try RawClient(port: group.address.port).answer()?.status == 503)
      let long = String(repeating: "a", count: 2_000)
      try first.send("GET / HTTP/1.1\r\nHost: h\r\nX: \(long)\r\n\r\n")
      #expect(try first.answer()?.status == 431)
    }
  }

  @Test func `files that are of no use are told apart`() throws {
    let folder = Self.authority.folder
    #expect(throws: TransportError.self) {
      try TLSContext(serverCertificateFile: "\(folder)/none", keyFile: "x", protocols: [])
    }
    let error = #expect(throws: TransportError.self) {
      try TLSContext(
        serverCertificateFile: Self.authority.certificate("good"),
        keyFile: Self.authority.key("client"), protocols: [])
    }
    guard case .privateKey = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }
}
