import HTTP
import Server
package import Transport

/// The three simulated upstreams on loopback sockets of their own.
package final class Simulator: Sendable {
  package let options: SimulatorOptions
  /// In the order of `SimulatedProvider.allCases`.
  private let upstreams: [Upstream]

  private struct Upstream: Sendable {
    var service: SimulatedService
    var servers: ServerGroup
  }

  /// Binds the ports and serves. When a port is taken, none of the upstreams is left running.
  ///
  /// - Parameter clock: the time of day; tests move their own.
  package init(
    _ options: SimulatorOptions = SimulatorOptions(),
    clock: @escaping @Sendable () -> WallTime = WallTime.now
  ) throws(TransportError) {
    self.options = options
    var upstreams: [Upstream] = []
    for provider in SimulatedProvider.allCases {
      let service = SimulatedService(
        provider, options.dataset(for: provider),
        faults: options.faults[provider] ?? SimulatorFaults(),
        apiKey: options.apiKeys[provider] ?? "", rateLimit: options.rateLimits[provider],
        clock: clock)
      do throws(TransportError) {
        let servers = try Simulator.serve(service, options)
        upstreams.append(Upstream(service: service, servers: servers))
      } catch {
        for upstream in upstreams { upstream.servers.stop() }
        throw error
      }
    }
    self.upstreams = upstreams
  }

  private static func serve(
    _ service: SimulatedService, _ options: SimulatorOptions
  ) throws(TransportError) -> ServerGroup {
    var configuration = ServerConfiguration()
    // Answers that never come are requests in flight; they must not keep others out.
    configuration.requestsInFlight = configuration.connections
    return try ServerGroup(
      loops: options.loops,
      address: ListenAddress(host: "127.0.0.1", port: options.ports[service.provider] ?? 0),
      configuration: configuration
    ) { loop in
      SimulatedUpstream(service, on: loop)
    }
  }

  package func service(_ provider: SimulatedProvider) -> SimulatedService {
    upstream(provider).service
  }

  /// `http://127.0.0.1:PORT`.
  package func baseURL(_ provider: SimulatedProvider) -> String {
    "http://127.0.0.1:\(upstream(provider).servers.address.port)"
  }

  package func apiKey(_ provider: SimulatedProvider) -> String {
    options.apiKeys[provider] ?? ""
  }

  /// Closes everything and returns when the loops have ended. Not to be called on one of them.
  package func stop() {
    for upstream in upstreams { upstream.servers.stop() }
  }

  private func upstream(_ provider: SimulatedProvider) -> Upstream { upstreams[provider.index] }
}
