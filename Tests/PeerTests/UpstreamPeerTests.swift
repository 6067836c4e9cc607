import Bytes
import Foundation
import Support
import Testing
import Transport
import Upstream

/// The client against servers that are not ours: they frame, compress, reload and pad in their own way.
@Suite(.enabled(if: Peer.isEnabled), .serialized) struct UpstreamPeerTests {
  private let authority = CertificateAuthority.shared
  private let json =
    "[" + (0..<5000).map { "{\"id\":\"\($0)\",\"name\":\"session\"}" }.joined(separator: ",") + "]"

  private final class Source {
    let loop = EventLoop()
    let shared: UpstreamShared
    let client: UpstreamClient

    init(
      _ scheme: String, _ port: UInt16, caFile: String, http2: Bool = true,
      clientCertificate: String? = nil
    ) throws {
      var configuration = UpstreamConfiguration(
        name: "peer", origin: try UpstreamOrigin("\(scheme)://127.0.0.1:\(port)"))
      configuration.tls.caFile = caFile
      configuration.tls.clientCertificateFile = clientCertificate
      configuration.allowsHTTP2 = http2
      configuration.concurrency = 20
      shared = try UpstreamShared(configuration, resolver: HostResolver())
      client = UpstreamClient(shared, on: loop)
    }

    deinit { client.close() }

    /// How each of `count` calls at a time ended: a body, or a code's name.
    func get(_ target: String, count: Int, midway: () -> Void = {}) -> [String] {
      var ends: [String] = []
      loop.turn(waitingAtMost: .zero)
      for _ in 0..<count {
        client.get(target, deadline: loop.now + .seconds(10)) { result in
          switch result {
          case .success(let answer):
            ends.append(answer.status == 200 ? answer.body.text : "\(answer.status)")
          case .failure(let failure): ends.append("\(failure.code.name): \(failure.message)")
          }
          return .usable
        }
      }
      var isMidway = false
      let end = Instant.now() + .seconds(15)
      while ends.count < count, Instant.now() < end {
        loop.turn(waitingAtMost: .milliseconds(50))
        if !isMidway, ends.count > 0 {
          isMidway = true
          midway()
        }
      }
      return ends
    }
  }

  private func nginx(_ plain: UInt16, _ secure: UInt16) throws -> Peer {
    try Peer("nginx", listeningOn: [plain, secure], lastSignal: SIGTERM) { folder in
      try json.write(toFile: "\(folder)/sessions", atomically: true, encoding: .utf8)
      let configuration = """
        daemon off; pid \(folder)/pid; error_log \(folder)/error.log; worker_processes 1;
        events {}
        http {
          access_log off; default_type application/json; root \(folder);
          client_body_temp_path \(folder)/a; proxy_temp_path \(folder)/b;
          fastcgi_temp_path \(folder)/c; uwsgi_temp_path \(folder)/d; scgi_temp_path \(folder)/e;
          server {
            listen 127.0.0.1:\(plain);
            listen 127.0.0.1:\(secure) ssl http2;
            keepalive_requests 7;
            ssl_certificate \(authority.certificate("good"));
            ssl_certificate_key \(authority.key("good"));
            location /zipped { alias \(folder)/sessions; gzip on; gzip_types application/json; }
            location /limited { return 429; }
          }
        }
        """
      try configuration.write(
        toFile: "\(folder)/nginx.conf", atomically: true, encoding: .utf8)
      return ["-p", folder, "-e", "\(folder)/error.log", "-c", "\(folder)/nginx.conf"]
    }
  }

  @Test func `nginx answers in every version, plain and secured, zipped and not`() throws {
    let (plain, secure) = (Peer.freePort(), Peer.freePort())
    let peer = try nginx(plain, secure)
    for (scheme, port, http2) in [
      ("http", plain, false), ("https", secure, false), ("https", secure, true),
    ] {
      let source = try Source(scheme, port, caFile: authority.caFile, http2: http2)
      for target in ["/sessions", "/zipped"] {
        let ends = source.get(target, count: 60)
        #expect(ends.count == 60)
        #expect(ends.filter { $0 != json } == [], "\(scheme) \(http2) \(target)")
      }
      #expect(source.get("/none", count: 3) == ["404", "404", "404"])
      #expect(source.get("/limited", count: 1).first?.hasPrefix("rateLimited") == true)
    }
    withExtendedLifetime(peer) {}
  }

  @Test(arguments: [false, true]) func `nginx may reload while it is asked`(http2: Bool) throws {
    let (plain, secure) = (Peer.freePort(), Peer.freePort())
    let peer = try nginx(plain, secure)
    let source = try Source("https", secure, caFile: authority.caFile, http2: http2)
    for _ in 0..<5 {
      let ends = source.get("/sessions", count: 40) { peer.signal(SIGHUP) }
      #expect(ends.count == 40)
      #expect(ends.filter { $0 != json } == [])
    }
  }

  @Test(arguments: [
    [], ["--padding=200"], ["--trailer=x-end: 1"], ["--max-concurrent-streams=2"],
    ["--window-bits=10", "--connection-window-bits=10"],
  ]) func `nghttpd answers with what HTTP/2 allows`(options: [String]) throws {
    let port = Peer.freePort()
    let peer = try Peer("nghttpd", listeningOn: [port], lastSignal: SIGKILL) { folder in
      try json.write(toFile: "\(folder)/sessions.json", atomically: true, encoding: .utf8)
      try "application/json json\n".write(
        toFile: "\(folder)/types", atomically: true, encoding: .utf8)
      return options + [
        "--address=127.0.0.1", "-d", folder, "--mime-types-file=\(folder)/types", "\(port)",
        authority.key("good"), authority.certificate("good"),
      ]
    }
    let source = try Source("https", port, caFile: authority.caFile)
    for _ in 0..<3 {
      let ends = source.get("/sessions.json", count: 30)
      #expect(ends.count == 30)
      #expect(ends.filter { $0 != json } == [])
    }
    #expect(source.get("/none.json", count: 1) == ["404"])
    withExtendedLifetime(peer) {}
  }

  @Test func `a plain server that speaks HTTP 2 alone is a failure of protocol`() throws {
    let port = Peer.freePort()
    let peer = try Peer("nghttpd", listeningOn: [port], lastSignal: SIGKILL) { folder in
      ["--no-tls", "--address=127.0.0.1", "-d", folder, "\(port)"]
    }
    let source = try Source("http", port, caFile: authority.caFile)
    #expect(source.get("/", count: 1).first?.hasPrefix("protocol") == true)
    withExtendedLifetime(peer) {}
  }

  @Test(arguments: [["-tls1_2"], ["-tls1_3"], ["-tls1_2", "-Verify", "1"], ["-Verify", "1"]])
  func `openssl answers in every version, and sees a certificate when it asks`(
    options: [String]
  ) throws {
    let port = Peer.freePort()
    let peer = try Peer("openssl", listeningOn: [port], lastSignal: SIGKILL) { folder in
      // Files are whole answers; each connection gets one.
      try response(json, fields: "Connection: close\r\n").write(
        toFile: "\(folder)/sessions", atomically: true, encoding: .utf8)
      return ["s_server", "-accept", "127.0.0.1:\(port)", "-HTTP", "-quiet"] + options + [
        "-cert", authority.certificate("good"), "-key", authority.key("good"),
        "-CAfile", authority.caFile,
      ]
    }
    // Certificate and key in one file.
    let client = peer.folder.path("client.pem")
    try [authority.certificate("client"), authority.key("client")]
      .map { try String(contentsOfFile: $0, encoding: .utf8) }.joined()
      .write(toFile: client, atomically: true, encoding: .utf8)
    let source = try Source("https", port, caFile: authority.caFile, clientCertificate: client)
    let ends = source.get("/sessions", count: 20)
    #expect(ends.count == 20)
    #expect(ends.filter { $0 != json } == [])
    let stranger = try Source("https", port, caFile: authority.otherCAFile)
    #expect(stranger.get("/sessions", count: 1).first?.hasPrefix("tls") == true)
  }

  @Test(arguments: [false, true])
  func `HAProxy may reload while it is asked, and no answer is lost`(http2: Bool) throws {
    let backend = ScriptedServer([.answers(response(json))])
    let port = Peer.freePort()
    let peer = try Peer("haproxy", listeningOn: [port], lastSignal: SIGTERM) { folder in
      try [authority.certificate("good"), authority.key("good")]
        .map { try String(contentsOfFile: $0, encoding: .utf8) }.joined()
        .write(toFile: "\(folder)/both.pem", atomically: true, encoding: .utf8)
      let configuration = """
        defaults
          mode http
          timeout connect 5s
          timeout client 10s
          timeout server 10s
        listen sessions
          bind 127.0.0.1:\(port) ssl crt \(folder)/both.pem alpn h2,http/1.1
          server backend 127.0.0.1:\(backend.port)

        """
      try configuration.write(
        toFile: "\(folder)/haproxy.cfg", atomically: true, encoding: .utf8)
      return ["-W", "-db", "-f", "\(folder)/haproxy.cfg"]
    }
    let source = try Source("https", port, caFile: authority.caFile, http2: http2)
    // A reload takes longer than a round.
    for round in 0..<12 {
      let ends = source.get("/sessions", count: 40) {
        if round % 4 == 0 { peer.signal(SIGUSR2) }
      }
      #expect(ends.count == 40)
      #expect(ends.filter { $0 != json } == [])
    }
  }
}
