import Dispatch
import Glibc
import Support
import Transport
import Upstream

/// A source of five sessions on sockets of its own, in a state of failure until it is healed. What it
/// says is literal, or another library's.
final class FaultySource {
  /// What is wrong with it.
  enum Fault: Sendable {
    /// Each connection, once accepted, gets this.
    case plain([ScriptedServer.Step])
    /// The same behind TLS; the handshake is part of the steps.
    case secure([ScriptedServer.Step])
    /// The first two connections get these, all others what is right.
    case once([ScriptedServer.Step], [ScriptedServer.Step])
    /// What `HTTP2Server` does with each request.
    case http2(String)
    case refused
    case connectHangs
    /// What the name resolves to, with the port that is right; nil hangs.
    case names([String]?)
    /// Besides the right address one whose connects hang.
    case oneAddressHangs
  }

  static let count = 5
  static let list =
    "{\"data\":["
    + (1...count).map { "{\"id\":\"s\($0)\",\"createdAt\":\"2026-04-2\($0)T09:00:00Z\"}" }
    .joined(separator: ",")
    + "],\"meta\":{\"total\":5,\"lastPage\":1,\"currentPage\":1,\"perPage\":100,"
    + "\"prev\":null,\"next\":null}}"

  let baseURL: String
  let resolver: HostResolver
  private let fault: Fault
  private let script: ScriptedServer
  private let http2: HTTP2Server?
  private let silent: ScriptedServer?
  private let names: Guarded<[String]?>
  private let gate = DispatchSemaphore(value: 0)

  init(_ fault: Fault) {
    self.fault = fault
    var scheme = "http"
    var scripts: [[ScriptedServer.Step]] = [Self.healthy]
    var resolved: [String]? = ["127.0.0.1"]
    var startsAtOnce = true
    switch fault {
    case .plain(let steps): scripts = [steps]
    case .secure(let steps):
      scheme = "https"
      scripts = [steps]
    case .once(let first, let second): scripts = [first, second, Self.healthy]
    case .http2: scheme = "https"
    case .refused, .connectHangs: startsAtOnce = false
    case .names(let names): resolved = names
    case .oneAddressHangs: resolved = ["silent", "127.0.0.1"]
    }
    script = ScriptedServer(scripts: scripts, startsAtOnce: startsAtOnce)
    http2 = if case .http2 = fault { HTTP2Server(body: Self.list) } else { nil }
    silent =
      if case .oneAddressHangs = fault {
        ScriptedServer(scripts: [], startsAtOnce: false)
      } else { nil }
    silent?.stall()
    if case .connectHangs = fault { script.stall() }
    if case .http2(let deed) = fault { http2?.doAlways(deed) }
    names = Guarded(resolved)
    baseURL = "\(scheme)://localhost:\(http2?.port ?? script.port)"
    // Not kept, so that what heals the names heals the next page.
    resolver = HostResolver(lifetime: .zero) {
      [names, gate, silentPort = silent?.port] host, port in
      guard let found = names.withLock({ $0 }) else {
        gate.wait()
        return .failure(.lookup(reason: "late"))
      }
      let addresses = found.compactMap { name in
        name == "silent"
          ? RemoteAddress(numeric: "127.0.0.1", port: silentPort ?? 1)
          : RemoteAddress(numeric: name, port: port)
      }
      return addresses.isEmpty
        ? .failure(.lookup(reason: "\(host): no such name")) : .success(addresses)
    }
  }

  deinit { gate.signal() }

  /// From now on all is well.
  func heal() {
    names.withLock { $0 = ["127.0.0.1"] }
    gate.signal()
    http2?.doAlways("well")
    switch fault {
    case .plain, .once: script.setScripts(Self.healthy)
    case .secure: script.setScripts([.secure(ServerTLS())] + Self.healthy)
    case .refused, .connectHangs: script.start()
    case .http2, .names, .oneAddressHangs: break
    }
  }

  private static let healthy: [ScriptedServer.Step] = [.answers(response(list))]
}
