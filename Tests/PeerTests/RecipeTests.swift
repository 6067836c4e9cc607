import Foundation
import Testing

/// What docs/RECIPES.md says, done; and the formats, read by programs that are not ours.
@Suite(.enabled(if: Peer.isEnabled), .serialized, .timeLimit(.minutes(10)))
struct RecipeTests {
  /// A block of the page that can be run.
  struct Recipe: CustomTestStringConvertible, Sendable {
    var language: String
    var script: String
    /// The heading above it.
    var place: String
    var testDescription: String { "\(place): \(script.prefix(60))" }
  }

  static let all: [Recipe] = {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../docs/RECIPES.md")
    let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    var recipes: [Recipe] = []
    var place = ""
    var open: Recipe?
    for line in text.components(separatedBy: "\n") {
      if line.hasPrefix("```") {
        if let recipe = open { recipes.append(recipe) }
        open =
          open == nil ? Recipe(language: String(line.dropFirst(3)), script: "", place: place) : nil
      } else if open != nil {
        open?.script += line + "\n"
      } else if line.hasPrefix("## ") {
        place = String(line.dropFirst(3))
      }
    }
    return recipes.filter { ["sh", "python", "javascript"].contains($0.language) }
  }()

  @Test func thereAreRecipesInEveryLanguage() {
    #expect(RecipeTests.all.filter { $0.language == "sh" }.count >= 8)
    #expect(RecipeTests.all.filter { $0.language == "python" }.count >= 2)
    #expect(RecipeTests.all.contains { $0.language == "javascript" })
  }

  @Test(arguments: all)
  func aRecipeWorks(recipe: Recipe) throws {
    let run = try DemoGateway().run(recipe.script, in: recipe.language)
    #expect(run.status == 0, "\(run.errors)")
    #expect(!run.output.isEmpty)
    #expect(!run.output.contains("null"))
  }

  @Test func aSecondRoundOfPollingFindsNothingTwice() throws {
    let polling = try #require(RecipeTests.all.first { $0.place.hasPrefix("Polling") })
    let run = try DemoGateway().run(polling.script, in: polling.language)
    let counts = run.output.split(separator: "\n").compactMap { line in
      line.split(separator: " ").compactMap { Int($0) }.first
    }
    try #require(counts.count == 2, "\(run.output)\(run.errors)")
    #expect(counts[0] > 1_000)
    // The simulated upstreams change meanwhile, a little.
    #expect(counts[1] < 50)
  }

  /// Python's csv, jq and curl's inflater on the same sessions.
  @Test func formatsAreReadByOthersToTheSame() throws {
    let run = try DemoGateway().run(
      """
      import csv, datetime, io, json, os, subprocess

      yesterday = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
      url = os.environ["GATEWAY"] + "/v1/sessions?limit=500&fields=title,createdAt,agent,attributes"
      url += "&createdBefore=" + yesterday.strftime("%Y-%m-%dT%H:%M:%SZ")
      def get(*arguments):
          return subprocess.run(
              ["curl", "-sS", "--fail", *arguments], check=True, capture_output=True).stdout
      rows = list(csv.DictReader(io.StringIO(get(url + "&format=csv").decode(), newline=""), strict=True))
      packed = get("--compressed", "-D", "head", url + "&format=ndjson")
      assert "content-encoding: gzip" in open("head").read().lower()
      assert packed == get(url + "&format=ndjson")
      program = "[.id, .title, .createdAt, .agent.id, .agent.name, .agent.version, .agent.model, .attributes]"
      lines = subprocess.run(
          ["jq", "-c", program], input=packed, check=True, capture_output=True).stdout
      sessions = [json.loads(line) for line in lines.splitlines()]
      assert len(rows) == len(sessions) == 500
      columns = ["id", "title", "createdAt", "agent.id", "agent.name", "agent.version", "agent.model"]
      for row, session in zip(rows, sessions):
          assert list(row) == columns + ["attributes"], row
          for column, value in zip(columns, session):
              cell = row[column]
              if value and value[0] in "=+-@\\t\\r": cell = cell.removeprefix("'")
              assert cell == (value or ""), (column, cell, value)
          assert json.loads(row["attributes"]) == session[-1]
      print(len(rows))
      """, in: "python")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output == "500\n")
  }
}
