package import Simulator
import Transport

/// `simulate`: the simulated upstreams alone, until a signal.
package enum SimulateProgram {
  package static func run(_ options: SimulatorOptions) -> Int32 {
    ProcessSetUp.run()
    do {
      let simulator = try Simulator(options)
      for provider in SimulatedProvider.allCases {
        ProcessSetUp.say(
          "\(provider.rawValue) on \(simulator.baseURL(provider)) key \(simulator.apiKey(provider))"
        )
      }
      ProcessSetUp.waitForStop()
      simulator.stop()
      return ExitStatus.success
    } catch {
      ProcessSetUp.complain("sessions-gateway: \(error)")
      return ExitStatus.unavailable
    }
  }
}
