import COpenSSL
import Support
import Testing
import Transport

@testable import Upstream

@Suite struct TLSTests {
  private let authority = CertificateAuthority.shared

  private func harness(
    _ server: ScriptedServer, host: String = "localhost",
    _ configure: (inout UpstreamConfiguration) -> Void = { _ in }
  ) throws -> ClientHarness {
    try harness(port: server.port, host: host, configure)
  }

  private func harness(
    port: UInt16, host: String = "localhost",
    _ configure: (inout UpstreamConfiguration) -> Void = { _ in }
  ) throws -> ClientHarness {
    // localhost may have an IPv6 address as well, where nobody listens.
    let resolver = HostResolver { _, port in
      RemoteAddress(numeric: "127.0.0.1", port: port).map { .success([$0]) }
        ?? .failure(.lookup(reason: "no loopback"))
    }
    return try ClientHarness(port: port, scheme: "https", host: host, resolver: resolver) {
      $0.tls.caFile = authority.caFile
      configure(&$0)
    }
  }

  @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
  func `a verified server answers, many times on one connection`(version: Int32) throws {
    let text = String(repeating: "0123456789", count: 20_000)
    let tls = ServerTLS(maximumVersion: version)
    let server = ScriptedServer([.secure(tls), .answers(response(text))])
    let harness = try harness(server)
    for _ in 0..<3 {
      #expect(harness.get() == .success(.init(status: 200, text: text, requests: 1)))
    }
    #expect(tls.handshakes == 1)
    #expect(tls.names == ["localhost"])
  }

  @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
  func `the next connection resumes the session`(version: Int32) throws {
    let tls = ServerTLS(maximumVersion: version)
    let server = ScriptedServer([.secure(tls), .request, .send(response("[]")), .goodbye])
    let harness = try harness(server)
    for _ in 0..<3 { #expect(try harness.get().get().text == "[]") }
    #expect(tls.handshakes == 3)
    #expect(tls.resumed == 2)
  }

  @Test func `an address is verified as an address, and not named`() throws {
    let tls = ServerTLS()
    let server = ScriptedServer([.secure(tls), .answers(response("[]"))])
    #expect(try harness(server, host: "127.0.0.1").get().get().text == "[]")
    #expect(tls.names == [""])
    let other = ScriptedServer([.secure(ServerTLS(certificate: "wrongHost"))])
    #expect(try harness(other, host: "127.0.0.1").get().code == .tls)
  }

  @Test(arguments: [
    ("expired", "certificate has expired"), ("wrongHost", "hostname mismatch"),
  ]) func `a bad certificate is refused with its reason`(name: String, reason: String) throws {
    let server = ScriptedServer([.secure(ServerTLS(certificate: name))])
    #expect(
      try harness(server).get()
        == .failure(
          UpstreamFailure(.tls, "the server's certificate was refused: \(reason)", requests: 1)))
  }

  @Test func `an authority that is not configured is not trusted`() throws {
    let server = ScriptedServer([.secure(ServerTLS())])
    for caFile in [authority.otherCAFile, nil] {
      let outcome = try harness(server) { $0.tls.caFile = caFile }.get()
      #expect(
        outcome
          == .failure(
            UpstreamFailure(
              .tls,
              "the server's certificate was refused: unable to get local issuer certificate",
              requests: 1)))
    }
  }

  @Test func `a client shows its certificate, and is told when it has none`() throws {
    let server = ScriptedServer([
      .secure(ServerTLS(asksForCertificate: true)), .answers(response("[]")),
    ])
    let known = try harness(server) {
      $0.tls.clientCertificateFile = authority.certificate("client")
      $0.tls.clientKeyFile = authority.key("client")
    }
    #expect(try known.get().get().text == "[]")
    // From 1.3 on the refusal comes after the handshake, and may be lost with the connection.
    let older = ScriptedServer([
      .secure(ServerTLS(maximumVersion: TLS1_2_VERSION, asksForCertificate: true))
    ])
    #expect(try harness(older).get().code == .tls)
  }

  @Test func `plain text on a TLS port, and silence, are failures of TLS and time`() throws {
    let plain = ScriptedServer([.send("HTTP/1.1 400 Bad Request\r\n\r\n")])
    #expect(try harness(port: plain.port).get().code == .tls)
    let silent = ScriptedServer([.hang])
    guard case .failure(let failure) = try harness(port: silent.port).get(within: .milliseconds(60))
    else {
      Issue.record("the call succeeded")
      return
    }
    #expect(failure.code == .timeout)
    #expect(failure.message == "no answer within 60 ms: in the TLS handshake")
  }

  @Test func `a body that ends with the connection needs TLS's own end`() throws {
    let answer = "HTTP/1.1 200 OK\r\n\r\n[]"
    let tls = ServerTLS()
    let proper = ScriptedServer([.secure(tls), .request, .send(answer), .goodbye])
    #expect(try harness(proper).get().get().text == "[]")
    let cut = ScriptedServer([.secure(tls), .request, .send(answer)])
    #expect(try harness(cut).get().code == .protocol)
  }

  @Test func `missing files are told when the source is made`() throws {
    var configuration = UpstreamConfiguration(
      name: "x", origin: try UpstreamOrigin("https://localhost"))
    configuration.tls.caFile = "/nonexistent/ca.pem"
    let made = configuration
    #expect(throws: TransportError.self) {
      _ = try UpstreamShared(made, resolver: HostResolver())
    }
  }
}
