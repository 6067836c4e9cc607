/// `check-config`: what `serve` would run with, or why it would not.
package enum CheckConfigurationProgram {
  package static func run(file: String?) -> Int32 {
    ProcessSetUp.run()
    guard let configuration = ProcessSetUp.configuration(file: file, demo: false) else {
      return ExitStatus.configuration
    }
    for warning in configuration.warnings { ProcessSetUp.complain("warning: \(warning)") }
    ProcessSetUp.say(ConfigurationText.text(configuration))
    return ExitStatus.success
  }
}
