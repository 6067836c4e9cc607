import Foundation
import Testing

@testable import Gateway

/// The files in `config/` say what the tables of keys say. After a change of a table, write them
/// anew with `WRITE_CONFIG=1 swift test --filter ConfigurationDocumentTests`.
struct ConfigurationDocumentTests {
  private static let folder = ConfigurationDocument.folder

  @Test func `the documented file has every key with its default and its use`() throws {
    try compare("gateway.yaml", ConfigurationDocument.yaml)
  }

  @Test func `the schema has every key`() throws {
    let data = try JSONSerialization.data(
      withJSONObject: ConfigurationDocument.schema.plain,
      options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
    try compare("gateway.schema.json", String(decoding: data, as: UTF8.self) + "\n")
  }

  @Test func `the documented file is valid as it is, and says nothing`() throws {
    let path = Self.folder.appending(path: "gateway.yaml").path
    let configuration = try ConfigurationLoader.load(
      environment: oneSource, file: path, demo: false
    ).get()
    #expect(ConfigurationText.text(configuration) == ConfigurationText.text(try loaded(oneSource)))
  }

  @Test func `the documented file is valid without its comment signs, and gives the defaults`()
    throws
  {
    let configuration = try loaded(
      ["ANAM_EU_API_KEY": "key-of-the-eu", "GRAFANA_TOKEN": "token-of-grafana-1"],
      file: ConfigurationDocument.uncommented())
    #expect(configuration.sources.map(\.name) == ["anam-eu"])
    #expect(configuration.auth.tokens.map(\.name) == ["grafana"])
    let fresh = GatewayConfiguration()
    for key in GatewayKeys.all {
      #expect(key.text(configuration) == key.text(fresh), "\(key.path)")
    }
  }

  private func compare(_ name: String, _ expected: String) throws {
    let url = Self.folder.appending(path: name)
    if ProcessInfo.processInfo.environment["WRITE_CONFIG"] != nil {
      try FileManager.default.createDirectory(at: Self.folder, withIntermediateDirectories: true)
      try Data(expected.utf8).write(to: url)
    }
    let written = try String(contentsOf: url, encoding: .utf8)
    #expect(written == expected)
  }
}
