import Support
import Testing

@testable import Gateway

/// A file that was valid before somebody slipped gives a configuration or mistakes that say what is
/// wrong: no crash, no hang, no secret.
struct ConfigurationFuzzTests {
  /// A hundred files each. `CONFIGURATION_SEEDS=from-to` runs others: 0-100 is what a soak runs.
  private static let seeds = Support.seeds("CONFIGURATION_SEEDS", default: 0..<10)
  private static let environment = [
    "ANAM_EU_API_KEY": "secret-key-of-the-eu", "GRAFANA_TOKEN": "secret-token-of-grafana",
  ]

  @Test(.timeLimit(.minutes(10)), arguments: seeds)
  func `a changed file gives a configuration or says what is wrong`(seed: UInt64) throws {
    let valid = try ConfigurationDocument.uncommented()
    var random = SeededGenerator(seed: seed)
    var accepted = 0
    for round in 0..<100 {
      let text = ConfigurationMutation.of(valid, &random)
      let comment: Comment = "seed \(seed), round \(round)"
      switch try outcome(Self.environment, file: text) {
      case .success(let configuration):
        accepted += 1
        #expect(!configuration.sources.isEmpty && !configuration.cursor.secrets.isEmpty, comment)
        #expect(
          Set(configuration.sources.map(\.name)).count == configuration.sources.count, comment)
        #expect(!ConfigurationText.text(configuration).contains("secret-"), comment)
      case .failure(let mistakes):
        #expect(!mistakes.all.isEmpty, comment)
        for mistake in mistakes.all {
          #expect(!mistake.place.isEmpty && !mistake.problem.isEmpty, comment)
          let line = mistake.description
          #expect(line.utf8.count < 2_000 && !line.contains { $0.isNewline }, comment)
          #expect(!line.contains("secret-"), "\(comment): \(line)")
        }
      }
    }
    #expect(5...95 ~= accepted, "the input is too good or too bad: \(accepted)")
  }
}
