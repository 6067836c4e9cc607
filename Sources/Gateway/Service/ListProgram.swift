import Bytes
import Glibc
import Logging
import Providers
import Simulator
import Transport

/// `list`: sessions on standard output, through the engine that serves them, without a server.
package enum ListProgram {
  package static func run(_ arguments: ListArguments) -> Int32 {
    ProcessSetUp.run()
    ProcessSetUp.endOnSignals()
    let loaded = ProcessSetUp.configuration(
      file: arguments.configurationFile, demo: arguments.isDemo, listens: false)
    guard var configuration = loaded else { return ExitStatus.configuration }
    configuration.log.level = max(configuration.log.level, .warning)
    let log = LogSink(configuration.log)
    defer { log.flush() }
    let logger = LogOutput.logger(log)
    for warning in configuration.warnings { logger.warning("\(warning)") }
    do throws(TransportError) {
      let simulator = configuration.isDemo ? try DemoMode.start(&configuration, logger) : nil
      defer { simulator?.stop() }
      let gateway = try GatewayState(
        configuration, providers: ProviderCatalog.all, process: ServingProcess(logger: logger))
      return list(arguments, gateway)
    } catch {
      ProcessSetUp.complain("sessions-gateway: \(error)")
      return ExitStatus.unavailable
    }
  }

  private static func list(_ arguments: ListArguments, _ gateway: GatewayState) -> Int32 {
    let surroundings = Listing.Surroundings(
      terminal: .current(Environment.all),
      write: { OutputPipe(1).write($0) },
      tell: { _ = OutputPipe(2).write(ByteBuffer($0)) },
      wait: { usleep(useconds_t($0.wholeMilliseconds * 1_000)) })
    do throws(Problem) {
      var listing = try Listing(arguments, gateway, surroundings)
      return try listing.run()
    } catch {
      let option = error.parameter.map { "\(ListArguments.option($0)): " } ?? ""
      ProcessSetUp.complain("sessions-gateway: \(option)\(error.detail)")
      return ExitStatus.usage
    }
  }
}
