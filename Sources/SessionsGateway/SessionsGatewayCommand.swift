import ArgumentParser
import Gateway

@main
struct SessionsGatewayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sessions-gateway",
    abstract: "One list of sessions from several session APIs: merged, in order, paged.",
    version: GatewayVersion.current,
    subcommands: [
      Serve.self, List.self, Simulate.self, CheckConfiguration.self, HealthCheck.self, Version.self,
    ])
}

struct ConfigurationOptions: ParsableArguments {
  @Option(name: .customLong("config"), help: "A YAML file; environment variables win over it.")
  var file: String?
}

struct Serve: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Run the gateway.")

  @OptionGroup var options: ConfigurationOptions
  @Flag(help: "Serve simulated upstreams, started inside the process on loopback ports.")
  var demo = false

  func run() throws {
    throw ExitCode(ServeProgram.run(file: options.file, demo: demo))
  }
}

struct CheckConfiguration: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check-config",
    abstract: "Read the configuration and print it, secrets masked, or every mistake in it.")

  @OptionGroup var options: ConfigurationOptions

  func run() throws {
    throw ExitCode(CheckConfigurationProgram.run(file: options.file))
  }
}

struct HealthCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "healthcheck",
    abstract: "Ask the configured address's /healthz; exit 0 when it answers, else 1.")

  @OptionGroup var options: ConfigurationOptions

  func run() throws {
    throw ExitCode(HealthCheckProgram.run(file: options.file))
  }
}

struct Version: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Print the version.")

  func run() { print("sessions-gateway \(GatewayVersion.current)") }
}
