import Dispatch
import Glibc
import HTTP
package import Logging
import Providers
import Server
package import Transport

/// The running gateway: loops, listeners and what they share. Started, given a new configuration,
/// drained and stopped from any thread.
package final class Gateway: Sendable {
  private let process: ServingProcess
  private let current: Guarded<GatewayState>
  private let servers: ServerGroup

  /// - Parameters:
  ///   - logger: for events.
  ///   - log: gets a line for each request; nil writes none.
  package init(
    _ configuration: GatewayConfiguration, loops: Int = Gateway.defaultLoops, logger: Logger,
    log: LogSink? = nil, resolver: HostResolver = HostResolver()
  ) throws(TransportError) {
    let process = ServingProcess(logger: logger, log: log, resolver: resolver)
    let state = try GatewayState(configuration, providers: ProviderCatalog.all, process: process)
    self.process = process
    current = Guarded(state)
    servers = try ServerGroup(
      loops: loops,
      address: ListenAddress(host: configuration.listen.host, port: configuration.listen.port),
      takeOver: configuration.listen.takeOver,
      configuration: try Self.server(configuration, process)
    ) { loop in
      GatewayHandler(state, on: loop)
    }
    process.serve(servers.load)
  }

  /// The address with the port that was bound.
  package var address: ListenAddress { servers.address }

  /// What requests that begin now are served from.
  package var state: GatewayState { current.withLock { $0 } }

  /// One loop per core: what they share is small.
  package static var defaultLoops: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

  /// Serves new requests from `configuration`; those under way keep what they began with. Throws,
  /// and changes nothing, when a certificate cannot be used. Where the process listens stays.
  package func adopt(_ configuration: GatewayConfiguration) throws(TransportError) {
    let state = try GatewayState(
      configuration, providers: ProviderCatalog.all, process: process, replacing: state)
    servers.reconfigure(try Self.server(configuration, process))
    current.withLock { $0 = state }
    for loop in servers.loops {
      loop.submit { $0.attached(GatewayHandler.self)?.adopt(state) }
    }
    process.log?.adopt(configuration.log)
  }

  /// Longest that the last spans may take to be sent.
  private static let tracingTimeout = DispatchTimeInterval.seconds(1)

  /// Sends the spans that wait for their batch, and waits for that, but not for long.
  package func finishTracing() {
    guard state.configuration.tracing.endpoint != nil else { return }
    let sent = DispatchGroup()
    for loop in servers.loops {
      sent.enter()
      loop.submit { loop in
        guard let handler = loop.attached(GatewayHandler.self) else { return sent.leave() }
        handler.finishTracing { sent.leave() }
      }
    }
    _ = sent.wait(timeout: .now() + Self.tracingTimeout)
  }

  /// Counts a reload, for metrics.
  package func noteReload(worked: Bool) { process.reloads.note(worked: worked) }

  /// `readyz` turns 503 at once; after `shutdownDelay` accepting ends; requests in flight finish;
  /// then `completion`.
  package func drain(completion: @escaping @Sendable () -> Void) {
    process.beginDraining()
    let configuration = state.configuration
    let delay = DispatchTimeInterval.milliseconds(
      Int(configuration.shutdownDelay.wholeMilliseconds))
    DispatchQueue.global().asyncAfter(deadline: .now() + delay) { [servers] in
      servers.drain(timeout: configuration.shutdownTimeout, completion: completion)
    }
  }

  package func stop() { servers.stop() }

  private static func server(
    _ configuration: GatewayConfiguration, _ process: ServingProcess
  ) throws(TransportError) -> ServerConfiguration {
    let limits = configuration.limits
    var server = ServerConfiguration()
    server.tls = try configuration.listen.tls?.context()
    server.trustedProxies = TrustedProxies(configuration.listen.trustedProxies)
    server.headLimits = HeadLimits(headBytes: limits.headBytes)
    server.bodyBytes = limits.bodyBytes
    server.connections = connections(limits.connections, process.logger)
    server.connectionsPerAddress = limits.connectionsPerAddress
    server.requestsInFlight = limits.requestsInFlight
    server.headTimeout = limits.headTimeout
    server.idleTimeout = limits.idleTimeout
    server.bytesPerSecond = limits.bytesPerSecond
    server.errorResponse = { error in
      process.countRefusal(error.status.rawValue)
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
