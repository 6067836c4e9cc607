import ArgumentParser
import Gateway

/// Its options are made from the API's parameters, not declared here.
struct List: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print one page of sessions, or all, on standard output.",
    usage: ListArguments.usage, discussion: ListArguments.help)

  @Argument(parsing: .captureForPassthrough, help: .hidden)
  var words: [String] = []

  func validate() throws {
    do { _ = try ListArguments(words) } catch { throw ValidationError(error.description) }
  }

  func run() throws {
    let arguments = try ListArguments(words)
    guard !arguments.wantsHelp else { throw CleanExit.helpRequest(self) }
    throw ExitCode(ListProgram.run(arguments))
  }
}
