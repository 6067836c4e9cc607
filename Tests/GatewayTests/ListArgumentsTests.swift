import Gateway
import Providers
import Testing

@Suite struct ListArgumentsTests {
  static let names = ListParameters.names(ProviderCatalog.all)

  @Test func everyParameterOfTheAPIHasItsOption() throws {
    let options = ListArgumentsTests.names.map(ListArguments.option)
    #expect(Set(options).count == ListArgumentsTests.names.count)
    #expect(
      options.contains("--created-after") && options.contains("--athena-include-sub-sessions"))
    for (name, option) in zip(ListArgumentsTests.names, options) {
      #expect(ListArguments.help.contains("  \(option) "), "\(option)")
      guard name != "format" else { continue }
      for words in [[option, "a b"], ["\(option)=a b"]] {
        let arguments = try ListArguments(words)
        #expect(arguments.pairs.map(\.name) == [name])
        #expect(arguments.pairs.map(\.value) == ["a b"])
      }
    }
  }

  /// A line of 80 columns or more is broken once more, at the margin.
  @Test func helpKeepsOptionsAndWhatTheyTakeApart() {
    let lines = ListArguments.help.split(separator: "\n").filter { $0.hasPrefix("  ") }
    #expect(lines.count > ListArgumentsTests.names.count)
    #expect(lines.filter { $0.count >= 80 } == [])
  }

  @Test func valuesMayBeginWithAHyphenHoldEqualsSignsAndBeRepeated() throws {
    let arguments = try ListArguments([
      "--sort", "-createdAt", "--q=a=b", "--source", "x", "--source", "y,z", "--all",
      "--format=csv", "--config", "f.yaml", "--demo",
    ])
    #expect(
      arguments.parameters == ["sort": ["-createdAt"], "q": ["a=b"], "source": ["x", "y,z"]])
    #expect(arguments.readsAll && arguments.isDemo && !arguments.wantsHelp)
    #expect(arguments.format == .csv)
    #expect(arguments.configurationFile == "f.yaml")
    #expect(try ListArguments([]).format == .table)
    #expect(try ListArguments(["-h"]).wantsHelp)
  }

  @Test(arguments: [
    (["--nothing"], "there is no option --nothing"),
    (["--createdAfter", "x"], "did you mean --created-after?"),
    (["--limit"], "--limit needs a value"), (["--all=yes"], "--all takes no value"),
    (["--format", "json"], "--format must be one of table, ndjson, csv"),
    (["word"], "word is no option"), (["-all"], "did you mean --all?"),
    (["--e\u{1B}[31m"], "there is no option --e?[31m"),
  ])
  func whatIsNotUnderstoodIsNamed(words: [String], text: String) {
    let mistake = #expect(throws: ListArguments.Mistake.self) { try ListArguments(words) }
    #expect(mistake?.description.contains(text) == true, "\(mistake?.description ?? "")")
  }
}
