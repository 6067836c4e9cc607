import Foundation
import Simulator
import Support
import Testing

/// Replicas behind a load balancer that is not ours: each page comes from another one, and one of them
/// is restarted on the way.
@Suite(.enabled(if: Peer.isEnabled), .serialized, .timeLimit(.minutes(10)))
struct ReplicaPeerTests {
  private static let token = "token-of-the-one-who-walks"

  @Test func `a walk over three replicas behind HAProxy loses and doubles nothing`() throws {
    var options = SimulatorOptions()
    options.dataset = DatasetOptions(seed: 7, sessions: 150, growthPerMinute: 0, tieRate: 0.1)
    let simulator = try Simulator(options)
    defer { simulator.stop() }
    let ports = (0..<3).map { _ in Peer.freePort() }
    var replicas = try ports.map { try replica($0, simulator) }
    let balancer = Peer.freePort()
    let haproxy = try Peer("haproxy", listeningOn: [balancer], lastSignal: SIGTERM) { folder in
      let file = "\(folder)/haproxy.cfg"
      try configuration(balancer, ports).write(toFile: file, atomically: true, encoding: .utf8)
      return ["-db", "-f", file]
    }
    defer { withExtendedLifetime(haproxy) {} }

    var ids: [String] = []
    var servers: [String] = []
    var cursor: String?
    var pages = 0
    repeat {
      let page = try ask(balancer, "/v1/sessions?limit=17" + (cursor.map { "&cursor=\($0)" } ?? ""))
      ids += page.ids
      servers.append(page.replica)
      cursor = page.cursor
      pages += 1
      if pages == 5 {
        // Its end drains what it answers; the balancer sends what comes then to the others.
        replicas.remove(at: 1)
        for _ in 0..<3 {
          let other = try ask(balancer, "/v1/sessions?limit=1")
          #expect(other.replica != "r1")
        }
        replicas.insert(try replica(ports[1], simulator), at: 1)
        let deadline = Date(timeIntervalSinceNow: 20)
        while try ask(balancer, "/v1/sessions?limit=1").replica != "r1" {
          try #require(Date() < deadline, "the restarted replica is not asked again")
        }
      }
    } while cursor != nil && pages < 200

    let expected = SimulatedProvider.allCases.flatMap { provider in
      // Athena leaves these out unless asked; the others do not know them.
      simulator.service(provider).rows()
        .filter { provider != .athena || !$0.isSubSession && !$0.isTask }
        .map { "\(provider.rawValue):\($0.id)" }
    }
    #expect(cursor == nil && pages > 20)
    #expect(ids.count == Set(ids).count, "a session twice")
    #expect(Set(ids) == Set(expected))
    #expect(Set(servers.prefix(5)) == ["r0", "r1", "r2"])
    #expect(Set(servers.dropFirst(5)) == ["r0", "r1", "r2"])
  }

  private func replica(_ port: UInt16, _ simulator: Simulator) throws -> Peer {
    var environment = [
      "GATEWAY_PORT": "\(port)", "GATEWAY_TOKENS": Self.token, "GATEWAY_LOG_LEVEL": "error",
      "GATEWAY_CURSOR_SECRET": "the-secret-that-all-replicas-share",
    ]
    for provider in SimulatedProvider.allCases {
      let name = provider.rawValue.uppercased()
      environment["\(name)_BASE_URL"] = simulator.baseURL(provider)
      environment["\(name)_API_KEY"] = simulator.apiKey(provider)
    }
    return try Peer(
      "sessions-gateway", listeningOn: [port], lastSignal: SIGTERM, environment: environment
    ) { _ in
      ["serve"]
    }
  }

  private struct Answer {
    var ids: [String]
    var cursor: String?
    var replica: String
  }

  private func ask(_ port: UInt16, _ target: String) throws -> Answer {
    let client = try RawClient(port: port)
    try client.send(
      """
      GET \(target) HTTP/1.1\r
      Host: 127.0.0.1:\(port)\r
      Authorization: Bearer \(Self.token)\r
      Connection: close\r
      \r\n
      """)
    let answer = try #require(try client.answer())
    try #require(answer.status == 200, "\(answer)")
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any])
    #expect(object["partial"] as? Bool == false)
    let field = answer.head.split(separator: "\r\n").first {
      $0.lowercased().hasPrefix("x-replica: ")
    }
    return Answer(
      ids: (object["data"] as? [[String: Any]] ?? []).compactMap { $0["id"] as? String },
      cursor: (object["page"] as? [String: Any])?["nextCursor"] as? String,
      replica: field.map { String($0.dropFirst("x-replica: ".count)) } ?? "")
  }

  private func configuration(_ port: UInt16, _ replicas: [UInt16]) -> String {
    """
    defaults
      mode http
      option redispatch
      retries 3
      retry-on conn-failure empty-response
      timeout connect 2s
      timeout client 15s
      timeout server 15s
    frontend callers
      bind 127.0.0.1:\(port)
      default_backend replicas
    backend replicas
      balance roundrobin
      option httpchk GET /readyz
      http-response set-header X-Replica %s
    \(replicas.enumerated().map { "  server r\($0) 127.0.0.1:\($1) check inter 100ms fall 1 rise 1" }
      .joined(separator: "\n"))

    """
  }
}
