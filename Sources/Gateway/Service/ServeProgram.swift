import Dispatch
import Glibc
import Logging
import Providers
import Simulator
import Transport
import Upstream

/// `serve`: from the configuration to the exit code.
package enum ServeProgram {
  package static func run(file: String?, demo: Bool) -> Int32 {
    ProcessSetUp.run(takingReload: true)
    guard let configuration = ProcessSetUp.configuration(file: file, demo: demo) else {
      return ExitStatus.configuration
    }
    let log = LogSink(configuration.log)
    defer { log.flush() }
    let logger = LogOutput.logger(log)
    for warning in configuration.warnings { logger.warning("\(warning)") }
    do throws(TransportError) {
      return try serve(configuration, file: file, demo: demo, log, logger)
    } catch {
      ProcessSetUp.complain("sessions-gateway: \(error)\(advice(error))")
      return ExitStatus.unavailable
    }
  }

  /// What to do about it, where that is known.
  private static func advice(_ error: TransportError) -> String {
    guard case .system(_, EADDRINUSE) = error else { return "" }
    return
      "; another process has that port: stop it, choose another (GATEWAY_PORT), or share it with a"
      + " gateway by listen.takeOver"
  }

  private static func serve(
    _ configuration: GatewayConfiguration, file: String?, demo: Bool, _ log: LogSink,
    _ logger: Logger
  ) throws(TransportError) -> Int32 {
    var configuration = configuration
    let simulator = configuration.isDemo ? try DemoMode.start(&configuration, logger) : nil
    let gateway = try Gateway(configuration, logger: logger, log: log)
    let scheme = configuration.listen.tls == nil ? "http" : "https"
    ProcessSetUp.say("listening on \(scheme)://\(gateway.address)")
    let reload = Reload(gateway: gateway, logger: logger, file: file, demo: demo)
    while ProcessSetUp.nextSignal() == .reload { reload.run() }
    logger.notice("stopping: no new connections, requests in flight finish")
    let drained = DispatchSemaphore(value: 0)
    gateway.drain { drained.signal() }
    drained.wait()
    gateway.finishTracing()
    gateway.stop()
    simulator?.stop()
    return ExitStatus.success
  }
}

/// Exit codes, after sysexits(3); docs/OPERATIONS.md lists them.
package enum ExitStatus {
  package static let success: Int32 = 0
  package static let failure: Int32 = 1
  package static let usage: Int32 = 64
  package static let unavailable: Int32 = 69
  package static let partial: Int32 = 75
  package static let configuration: Int32 = 78
}

/// Simulated upstreams in place of the configured sources, over real sockets.
enum DemoMode {
  static func start(
    _ configuration: inout GatewayConfiguration, _ logger: Logger
  ) throws(TransportError) -> Simulator {
    let simulator = try Simulator()
    configuration.sources = []
    for provider in ProviderCatalog.all {
      guard let simulated = SimulatedProvider(rawValue: provider.name),
        let origin = try? UpstreamOrigin(simulator.baseURL(simulated))
      else { continue }
      configuration.sources.append(
        configuration.simulatedSource(
          of: provider, at: origin, apiKey: Secret(simulator.apiKey(simulated))))
    }
    logger.notice("demo mode: simulated upstreams, no real data")
    return simulator
  }
}
