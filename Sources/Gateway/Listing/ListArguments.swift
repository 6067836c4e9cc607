package import HTTP
import Providers

/// The words behind `list` on the command line. The options for the list's parameters are made from
/// `ListParameters.summaries`, so that no parameter lacks its own.
package struct ListArguments: Equatable {
  package enum Format: String, CaseIterable { case table, ndjson, csv }

  /// Something that is not understood, for people.
  package struct Mistake: Error, CustomStringConvertible {
    package let description: String
  }

  package var configurationFile: String?
  package var isDemo = false
  package var readsAll = false
  package var wantsHelp = false
  package var format = Format.table
  /// Parameters of the list, as the API names them.
  package var parameters: [String: [String]] = [:]

  package init(_ words: [String]) throws(Mistake) {
    var rest = words[...]
    while let word = rest.popFirst() {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let option = String(parts.first ?? "")
      if try takesFlag(option, hasValue: parts.count > 1) { continue }
      guard let name = Self.valued[option] else { throw Self.unknown(word, option) }
      // Whatever follows is the value, a leading hyphen too: --sort -createdAt.
      guard let value = parts.count > 1 ? String(parts[1]) : rest.popFirst() else {
        throw Mistake(description: "\(option) needs a value")
      }
      try set(name, value)
    }
  }

  /// Pairs as a query has them.
  package var pairs: [Query.Pair] {
    parameters.sorted { $0.key < $1.key }.flatMap { name, values in values.map { (name, $0) } }
  }

  private mutating func takesFlag(_ option: String, hasValue: Bool) throws(Mistake) -> Bool {
    switch option {
    case "--all": readsAll = true
    case "--demo": isDemo = true
    case "--help", "-h": wantsHelp = true
    default: return false
    }
    if hasValue { throw Mistake(description: "\(option) takes no value") }
    return true
  }

  private mutating func set(_ name: String, _ value: String) throws(Mistake) {
    switch name {
    case "config": configurationFile = value
    case "format":
      guard let format = Format(rawValue: value) else {
        let known = Format.allCases.map(\.rawValue).joined(separator: ", ")
        throw Mistake(description: "--format must be one of \(known)")
      }
      self.format = format
    default: parameters[name, default: []].append(value)
    }
  }

  private static func unknown(_ word: String, _ option: String) -> Mistake {
    guard word.hasPrefix("-") else {
      return Mistake(description: "\(TerminalText.printable(word)) is no option")
    }
    let known = flags + valued.keys
    let nearest = NearestName.to(option, among: known).map { "; did you mean \($0)?" } ?? ""
    return Mistake(
      description: "there is no option \(TerminalText.printable(option))\(nearest)")
  }

  private static let flags = ["--all", "--demo", "--help"]

  /// The names that take a value, by their options.
  private static let valued: [String: String] = {
    let names = ["config"] + ListParameters.names(ProviderCatalog.all)
    return Dictionary(names.map { (option($0), $0) }) { first, _ in first }
  }()

  /// `createdAfter` is `--created-after`, `provider.appId` is `--provider-app-id`.
  package static func option(_ parameter: String) -> String {
    parameter.reduce(into: "--") { option, letter in
      if letter == "." {
        option += "-"
      } else if letter.isUppercase {
        option += "-" + letter.lowercased()
      } else {
        option.append(letter)
      }
    }
  }

  package static let usage =
    "sessions-gateway list [--all] [--format table|ndjson|csv] [--config FILE] [--demo] [filters]"

  /// Every option with what it takes, and the exit codes.
  package static let help: String = {
    let filters = ListParameters.summaries(ProviderCatalog.all)
      .filter { !["format", "limit"].contains($0.name) }
      .map { (option($0.name), $0.summary) }
    let own = [
      ("--all", "every page, not the first alone"),
      ("--format", "table (default), ndjson or csv"),
      ("--config", "a YAML file; environment variables win over it"),
      ("--demo", "simulated upstreams, started inside the process"),
      ("--limit", "sessions on a page, 1 to 500; default 50, with --all 500"),
    ]
    let column = 4 + ((own + filters).map(\.0.count).max() ?? 0)
    let lines = (own + filters).map { entry($0, $1, column) }
    return """
      Sessions go to standard output, all else to standard error. Filters are the parameters of \
      GET /v1/sessions, each with a value; those that take any of several are repeated or separated \
      by commas.

      \(lines.joined(separator: "\n"))

      Exit codes: 0; 64 wrong usage; 69 every source failed; 75 some of the sessions are missing, \
      since a source failed; 78 configuration.
      """
  }()

  /// An option, and from a column on what it takes, within the 80 columns that any terminal has.
  private static func entry(_ option: String, _ summary: String, _ column: Int) -> String {
    var (lines, last) = ("", "  \(option)")
    for word in summary.split(separator: " ") {
      if last.count > column, last.count + 1 + word.count >= 80 {
        lines += last + "\n"
        last = ""
      }
      last += String(repeating: " ", count: max(1, column - last.count)) + word
    }
    return lines + last
  }
}
