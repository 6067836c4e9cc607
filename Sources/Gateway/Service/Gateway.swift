import Dispatch
import Glibc
import HTTP
package import Logging
import Providers
import Server
import Synchronization
package import Transport

/// The running gateway: loops, listeners and what they share. Started, drained and stopped from any
/// thread.
package final class Gateway: Sendable {
  package let state: GatewayState
  private let servers: ServerGroup
  private let draining: SharedFlag

  package init(
    _ configuration: GatewayConfiguration, loops: Int = Gateway.defaultLoops, logger: Logger,
    resolver: HostResolver = HostResolver()
  ) throws(TransportError) {
    let draining = SharedFlag()
    let state = try GatewayState(
      configuration, providers: ProviderCatalog.all, resolver: resolver,
      isDraining: { draining.isRaised })
    self.state = state
    self.draining = draining
    servers = try ServerGroup(
      loops: loops,
      address: ListenAddress(host: configuration.listen.host, port: configuration.listen.port),
      takeOver: configuration.listen.takeOver,
      configuration: try Self.server(configuration, logger)
    ) { loop in
      GatewayHandler(state, on: loop, logger: logger)
    }
  }

  /// The address with the port that was bound.
  package var address: ListenAddress { servers.address }

  /// One loop per core: what they share is small.
  package static var defaultLoops: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

  /// `readyz` turns 503 at once; after `shutdownDelay` accepting ends; requests in flight finish;
  /// then `completion`.
  package func drain(completion: @escaping @Sendable () -> Void) {
    draining.raise()
    let configuration = state.configuration
    let delay = DispatchTimeInterval.milliseconds(
      Int(configuration.shutdownDelay.wholeMilliseconds))
    DispatchQueue.global().asyncAfter(deadline: .now() + delay) { [servers] in
      servers.drain(timeout: configuration.shutdownTimeout, completion: completion)
    }
  }

  package func stop() { servers.stop() }

  private static func server(
    _ configuration: GatewayConfiguration, _ logger: Logger
  ) throws(TransportError) -> ServerConfiguration {
    let limits = configuration.limits
    var server = ServerConfiguration()
    server.tls = try configuration.listen.tls?.context()
    server.trustedProxies = TrustedProxies(configuration.listen.trustedProxies)
    server.headLimits = HeadLimits(headBytes: limits.headBytes)
    server.bodyBytes = limits.bodyBytes
    server.connections = connections(limits.connections, logger)
    server.connectionsPerAddress = limits.connectionsPerAddress
    server.requestsInFlight = limits.requestsInFlight
    server.headTimeout = limits.headTimeout
    server.idleTimeout = limits.idleTimeout
    server.bytesPerSecond = limits.bytesPerSecond
    server.errorResponse = { error in
      // What cannot be read has no id of the caller's.
      let id = String(UInt64.random(in: 0 ... .max), radix: 36)
      return Problem(error).response(requestID: id)
    }
    return server
  }

  /// Descriptors that are not clients' connections: sources', listeners, files.
  private static let reservedDescriptors = 256

  private static func connections(_ wanted: Int, _ logger: Logger) -> Int {
    let available = max(16, DescriptorLimit.raise() - reservedDescriptors)
    guard available < wanted else { return wanted }
    logger.warning(
      "limits.connections is \(wanted), but the descriptor limit leaves \(available)")
    return available
  }
}

/// Raised once, seen by all loops.
private final class SharedFlag: Sendable {
  private let value = Atomic<Bool>(false)
  var isRaised: Bool { value.load(ordering: .relaxed) }
  func raise() { value.store(true, ordering: .relaxed) }
}
