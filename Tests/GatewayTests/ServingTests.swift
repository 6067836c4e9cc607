import Foundation
import Support
import Testing
import Transport

/// The executable as a server: HTTPS, take-over, and too few descriptors.
@Suite(.timeLimit(.minutes(10))) struct ServingTests {
  private let authority = CertificateAuthority.shared
  private let demo = ["GATEWAY_DEMO": "1", "GATEWAY_PORT": "0", "GATEWAY_LOG_LEVEL": "error"]

  private func files(_ certificate: String, _ key: String) -> [String: String] {
    demo.merging([
      "GATEWAY_LISTEN_TLS_CERTIFICATE_FILE": certificate, "GATEWAY_LISTEN_TLS_KEY_FILE": key,
    ]) { $1 }
  }

  @Test func `HTTPS is served, said, and found healthy`() throws {
    let environment = files(authority.certificate("good"), authority.key("good"))
    let gateway = try GatewayProcess(environment)
    defer { gateway.stop() }
    #expect(gateway.address == "https://127.0.0.1:\(gateway.port)")
    let page = try Command([
      "curl", "-sS", "--cacert", authority.caFile, "\(gateway.address)/v1/sessions",
    ])
    #expect(page.output.hasPrefix("{\"data\":[{"), "\(page.output)")
    let there = environment.merging(["GATEWAY_PORT": "\(gateway.port)"]) { $1 }
    #expect(try GatewayProcess.run("healthcheck", there).status == 0)
    // A certificate that does not name the address is no reason to restart a container, and one
    // that was renewed and not reloaded yet neither.
    let renewed = files(authority.certificate("wrongHost"), authority.key("wrongHost"))
      .merging(["GATEWAY_PORT": "\(gateway.port)"]) { $1 }
    #expect(try GatewayProcess.run("healthcheck", renewed).status == 0)
    gateway.stop()
    #expect(gateway.exitStatus == 0)
    #expect(try GatewayProcess.run("healthcheck", there).status == 1)
  }

  @Test func `certificate files of no use are named by their key`() throws {
    let folder = authority.folder
    let certificate = authority.certificate("good")
    let key = authority.key("good")
    let locked = "\(folder)/locked.key"
    let made = try Command([
      "openssl", "ec", "-in", key, "-aes256", "-passout", "pass:secret", "-out", locked,
    ])
    try #require(made.status == 0)
    let cases: [(certificate: String, key: String, place: String, says: String)] = [
      ("\(folder)/none.pem", key, "CERTIFICATE_FILE", "cannot be read: No such file"),
      (certificate, "\(folder)/none.key", "KEY_FILE", "cannot be read: No such file"),
      (folder, key, "CERTIFICATE_FILE", "cannot be read: Is a directory"),
      (key, key, "CERTIFICATE_FILE", "holds no usable certificate"),
      (certificate, authority.key("client"), "KEY_FILE", "is not the certificate's key"),
      (certificate, certificate, "KEY_FILE", "is not the certificate's key"),
      (certificate, locked, "KEY_FILE", "is not the certificate's key"),
      (certificate, "", "CERTIFICATE_FILE", "needs keyFile"),
    ]
    for mistake in cases {
      var environment = files(mistake.certificate, mistake.key)
      if mistake.key.isEmpty { environment["GATEWAY_LISTEN_TLS_KEY_FILE"] = nil }
      for command in ["serve", "check-config"] {
        let ended = try GatewayProcess.run(command, environment)
        #expect(ended.status == 78, "\(mistake) \(ended.output)")
        #expect(
          ended.output.contains("GATEWAY_LISTEN_TLS_\(mistake.place)")
            && ended.output.contains(mistake.says), "\(mistake) \(ended.output)")
      }
    }
  }

  @Test func `a gateway that takes over turns no request away, and another one is refused`() throws
  {
    let fixture = try GatewayFixture(sessions: 5)
    let first = try fixture.process()
    defer { first.stop() }
    let there = demo.merging(["GATEWAY_PORT": "\(first.port)"]) { $1 }
    let refused = try GatewayProcess.run("serve", there)
    #expect(refused.status == 69)
    #expect(refused.output.contains("bind 127.0.0.1:\(first.port): Address already in use"))

    let port = first.port
    let (answers, isOver) = (Guarded<[String]>([]), Guarded(false))
    let threads = DispatchGroup()
    for _ in 0..<4 {
      threads.enter()
      Thread.detachNewThread {
        while !isOver.withLock({ $0 }) {
          let answer = Self.ask(port)
          answers.withLock { $0.append(answer) }
        }
        threads.leave()
      }
    }
    func awaitMore() {
      let wanted = answers.withLock { $0.count } + 20
      while answers.withLock({ $0.count }) < wanted { sched_yield() }
    }
    awaitMore()
    let second = try fixture.process(
      ["GATEWAY_PORT": "\(port)", "GATEWAY_LISTEN_TAKE_OVER": "true"])
    defer { second.stop() }
    awaitMore()
    first.stop()
    #expect(first.exitStatus == 0)
    awaitMore()
    isOver.withLock { $0 = true }
    threads.wait()
    #expect(answers.withLock { $0.filter { $0 != "200" } } == [])
  }

  @Test func `without descriptors those who are in are served, and others once there are`() throws {
    let fixture = try GatewayFixture(sessions: 5)
    let gateway = try fixture.process(
      ["GATEWAY_LOG_LEVEL": "warning"], descriptors: 300)
    let early = try RawClient(port: gateway.port)
    #expect(try Self.status(early) == 200)
    // 44 are served and some hundreds told that there are too many, which takes the last descriptor;
    // the others wait in the kernel.
    let crowd = try (0..<500).map { _ in try RawClient(port: gateway.port) }
    for _ in 0..<50 { #expect(try Self.status(early) == 200) }
    crowd.forEach { $0.close() }
    let end = Instant.now() + .seconds(10)
    var answer = ""
    while answer != "200", Instant.now() < end { answer = Self.ask(gateway.port) }
    #expect(answer == "200")
    early.close()
    gateway.stop()
    #expect(
      gateway.log.contains("limits.connections is 10000, but the descriptor limit leaves 44"))
  }

  private static func ask(_ port: UInt16) -> String {
    do {
      let client = try RawClient(port: port)
      try client.send("GET /v1/sessions?limit=1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
      return try client.answer().map { "\($0.status)" } ?? "closed"
    } catch { return "\(error)" }
  }

  private static func status(_ client: RawClient) throws -> Int? {
    try client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return try client.answer()?.status
  }
}
