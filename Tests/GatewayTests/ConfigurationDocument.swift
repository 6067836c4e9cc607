import Foundation

@testable import Gateway

/// The documented file and its schema, as the tables of keys say them.
enum ConfigurationDocument {
  /// Every line is a comment: as it is, the file says nothing.
  static var yaml: String {
    var lines = [
      "## Every key of Sessions Gateway with its default. Uncomment what you change.",
      "## A variable, in brackets, wins over its key. ${VARIABLE} stands for the variable's value.",
      "## Check a file with: sessions-gateway check-config --config FILE",
      "# yaml-language-server: $schema=gateway.schema.json",
    ]
    var open: [Substring] = []
    for key in GatewayKeys.all {
      append(
        key.path, key.text(GatewayConfiguration()), "\(key.summary) [\(key.variable())]", 0, &open,
        &lines)
      if key.path == "auth.mode" {
        lines.append("#   ## Callers. [GATEWAY_TOKENS or GATEWAY_TOKENS_FILE, without names]")
        lines.append("#   tokens:")
        appendEntry(
          TokenKeys.all, TokenDraft(), ["name": "grafana", "token": "${GRAFANA_TOKEN}"], 2, &lines
        ) {
          $0.path == "permissions" ? " [\($0.variable()), for those of the environment]" : ""
        }
      }
      if key.path == "cors.origins" {
        lines += [
          "#", "## Whom to ask. Several of one provider are fine.",
          "## [PROVIDER_API_KEY, PROVIDER_API_KEY_FILE, PROVIDER_BASE_URL make or change the source of that name]",
          "# sources:",
        ]
        let example = [
          "name": "anam-eu", "provider": "anam", "baseURL": "https://api.anam.ai",
          "apiKey": "${ANAM_EU_API_KEY}", "rateLimit.requests": "20",
        ]
        let options = Set(SourceKeys.options.map(\.path))
        appendEntry(SourceKeys.all, SourceDraft(), example, 1, &lines) {
          options.contains($0.path)
            ? " [\($0.variable(prefix: EnvironmentVariables.upstreamPrefix)), for all]" : ""
        }
        open = []
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../config").standardized

  /// The file in the repository without its comment signs: every key with its default, a source and
  /// a token, which take `ANAM_EU_API_KEY` and `GRAFANA_TOKEN` from the environment.
  static func uncommented() throws -> String {
    try String(contentsOf: folder.appending(path: "gateway.yaml"), encoding: .utf8)
      .split(separator: "\n", omittingEmptySubsequences: false)
      .filter { !$0.contains("yaml-language-server") }
      .map { $0.hasPrefix("# ") ? $0.dropFirst(2) : $0 }.joined(separator: "\n")
  }

  private static func appendEntry<Root>(
    _ keys: [ConfigurationKey<Root>], _ defaults: Root, _ example: [String: String], _ depth: Int,
    _ lines: inout [String], note: (ConfigurationKey<Root>) -> String
  ) {
    var open: [Substring] = []
    lines.append("# \(String(repeating: "  ", count: depth))-")
    for key in keys {
      append(
        key.path, example[key.path] ?? key.text(defaults), key.summary + note(key), depth + 1,
        &open, &lines)
    }
  }

  private static func append(
    _ path: String, _ value: String?, _ summary: String, _ depth: Int, _ open: inout [Substring],
    _ lines: inout [String]
  ) {
    var parts = path.split(separator: ".")
    let name = parts.removeLast()
    let common = zip(open, parts).prefix { $0 == $1 }.count
    if depth == 0, common == 0 { lines.append("#") }
    let indent = { (level: Int) in "# " + String(repeating: "  ", count: depth + level) }
    for index in common..<max(common, parts.count) {
      lines.append("\(indent(index))\(parts[index]):")
    }
    open = parts
    lines.append("\(indent(parts.count))## \(summary)")
    lines.append("\(indent(parts.count))\(name):\(value.map { " \($0)" } ?? "")")
  }

  /// JSON Schema, draft 2020-12. Keys are sorted, so that the text is one.
  static var schema: Schema {
    var root = Schema.object(GatewayKeys.all)
    root.insert(
      .list(of: .object(SourceKeys.all, required: ["name", "provider"])), at: ["sources"])
    root.insert(.list(of: .object(TokenKeys.all, required: ["name"])), at: ["auth", "tokens"])
    root.members["$schema"] = .text("https://json-schema.org/draft/2020-12/schema")
    root.members["title"] = .text("Configuration of Sessions Gateway")
    return root
  }
}

/// A schema as nested members.
struct Schema {
  enum Value {
    case text(String)
    case number(Int)
    case truth(Bool)
    case list([Value])
    case schema(Schema)
  }
  var members: [String: Value] = [:]

  static func object<Root>(
    _ keys: [ConfigurationKey<Root>], required: [String] = []
  ) -> Schema {
    var object = empty
    for key in keys {
      object.insert(value(key), at: key.path.split(separator: ".").map(String.init))
    }
    if !required.isEmpty { object.members["required"] = .list(required.map { .text($0) }) }
    return object
  }

  /// An empty mapping may also be left out.
  private static var empty: Schema {
    Schema(members: [
      "type": .list([.text("object"), .text("null")]), "additionalProperties": .truth(false),
      "properties": .schema(Schema()),
    ])
  }

  static func list(of element: Schema) -> Schema {
    Schema(members: [
      "type": .list([.text("array"), .text("null")]), "items": .schema(element),
    ])
  }

  private static func value<Root>(_ key: ConfigurationKey<Root>) -> Schema {
    var members: [String: Value] = ["description": .text("\(key.summary) Allowed: \(key.allowed).")]
    let types = { (names: String...) in Value.list((names + ["null"]).map { .text($0) }) }
    switch key.shape {
    case .integer(let range):
      members["type"] = types("integer", "string")
      members["minimum"] = .number(range.lowerBound)
      members["maximum"] = .number(range.upperBound)
      members["pattern"] = .text(#"^([0-9]+|.*\$\{[^}]+\}.*)$"#)
    case .boolean:
      members["type"] = types("boolean", "string")
    case .duration:
      members["type"] = types("string")
      members["pattern"] = .text(#"^([0-9]+(ms|s|m|h)|.*\$\{[^}]+\}.*)$"#)
    case .size:
      members["type"] = types("string")
      members["pattern"] = .text(#"^([0-9]+(B|KiB|MiB|GiB)|.*\$\{[^}]+\}.*)$"#)
    case .word(let words):
      // To an editor that reads YAML 1.1, `off` is a boolean.
      members["type"] = words.contains("off") ? types("string", "boolean") : types("string")
      members["pattern"] = .text("^(\(words.joined(separator: "|"))|.*\\$\\{[^}]+\\}.*)$")
    case .text, .secret:
      members["type"] = types("string")
    case .list, .secretList:
      members["type"] = types("array", "string")
      members["items"] = .schema(Schema(members: ["type": .text("string")]))
    }
    return Schema(members: members)
  }

  mutating func insert(_ schema: Schema, at path: [String]) {
    guard case .schema(var properties)? = members["properties"], let name = path.first else {
      return
    }
    if path.count == 1 {
      properties.members[name] = .schema(schema)
    } else {
      var child = Schema.empty
      if case .schema(let known)? = properties.members[name] { child = known }
      child.insert(schema, at: Array(path.dropFirst()))
      properties.members[name] = .schema(child)
    }
    members["properties"] = .schema(properties)
  }

  /// For JSONSerialization.
  var plain: [String: Any] { members.mapValues(Self.plain) }

  private static func plain(_ value: Value) -> Any {
    switch value {
    case .text(let text): text
    case .number(let number): number
    case .truth(let truth): truth
    case .list(let values): values.map(plain)
    case .schema(let schema): schema.plain
    }
  }
}
