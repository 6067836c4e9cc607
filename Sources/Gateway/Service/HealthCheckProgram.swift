import Dispatch
import Synchronization
import Transport
import Upstream

/// `healthcheck`: asks the gateway of the same configuration whether it lives.
package enum HealthCheckProgram {
  /// Well within what container runtimes wait by default.
  private static let timeout = Duration.seconds(3)

  package static func run(file: String?) -> Int32 {
    ProcessSetUp.run()
    // What it is asked to serve does not matter here, only where it listens: as in demo mode.
    guard let configuration = ProcessSetUp.configuration(file: file, demo: true) else {
      return ExitStatus.configuration
    }
    let listen = configuration.listen
    let host =
      ["0.0.0.0", "localhost"].contains(listen.host)
      ? "127.0.0.1"
      : listen.host == "::" ? "::1" : listen.host
    let authority = host.contains(":") ? "[\(host)]" : host
    let scheme = listen.tls == nil ? "http" : "https"
    guard let origin = try? UpstreamOrigin("\(scheme)://\(authority):\(listen.port)") else {
      return ExitStatus.failure
    }
    var upstream = UpstreamConfiguration(name: "self", origin: origin)
    upstream.timeout = timeout
    // It asks an address of this machine, sends no secret and wants a status. To verify would fail
    // where a certificate names hosts only, and between its renewal and the reload.
    upstream.tls.verifiesServer = false
    guard let shared = try? UpstreamShared(upstream, resolver: HostResolver()) else {
      return ExitStatus.failure
    }
    let result = HealthResult()
    let done = DispatchSemaphore(value: 0)
    EventLoop.start(name: "healthcheck") { loop in
      let client = UpstreamClient(shared, on: loop)
      loop.attach(client)
      client.get("/healthz", deadline: loop.now + timeout) { outcome in
        if case .success(let answer) = outcome, answer.status == 200 { result.raise() }
        done.signal()
        return .usable
      }
    }
    done.wait()
    return result.isHealthy ? ExitStatus.success : ExitStatus.failure
  }
}

private final class HealthResult: Sendable {
  private let value = Atomic<Bool>(false)
  var isHealthy: Bool { value.load(ordering: .relaxed) }
  func raise() { value.store(true, ordering: .relaxed) }
}
