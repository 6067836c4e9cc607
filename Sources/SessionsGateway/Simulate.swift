import ArgumentParser
import Gateway
import Simulator

struct Simulate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run the simulated upstreams alone.",
    discussion: """
      Options that take a value for all providers or for one are written 20ms or NAME=20ms, and may be
      repeated.

      \(SimulatorFaults.grammar)
      """)

  @Option(help: "Seed of the data and of faults by chance.")
  var seed: UInt64 = SimulatorOptions().dataset.seed
  @Option(help: "Days that the sessions are spread over.")
  var days: Int = SimulatorOptions().dataset.days
  @Option(help: "Sessions at the start, such as 2000.")
  var sessions: [String] = []
  @Option(help: "Port; without one a free one is picked.")
  var port: [String] = []
  @Option(help: "Credential that is asked for.")
  var key: [String] = []
  @Option(help: "Time before an answer, such as 20ms or 20ms-60ms.")
  var latency: [String] = []
  @Option(help: "A fault, such as status:500@0.2.")
  var fault: [String] = []
  @Option(name: .customLong("rate-limit"), help: "Requests per time, such as 100/10s.")
  var rateLimit: [String] = []
  @Option(help: "Changes per minute, such as inserts:2,deletes:1,updates:10.")
  var churn: String?
  @Option(help: "New sessions per minute.")
  var growth: String?
  @Option(help: "Share of sessions created in the millisecond of another, such as 2%.")
  var ties: String?

  func run() throws {
    var options = SimulatorOptions()
    options.dataset.seed = seed
    options.dataset.days = days
    do {
      for text in sessions { try options.addSessions(text) }
      for text in port { try options.addPort(text) }
      for text in key { try options.addAPIKey(text) }
      for text in latency { try options.addLatency(text) }
      for text in fault { try options.addFault(text) }
      for text in rateLimit { try options.addRateLimit(text) }
      if let churn { try options.setChurn(churn) }
      if let growth { try options.setGrowth(growth) }
      if let ties { try options.setTies(ties) }
    } catch {
      throw ValidationError("\(error)")
    }
    throw ExitCode(SimulateProgram.run(options))
  }
}
