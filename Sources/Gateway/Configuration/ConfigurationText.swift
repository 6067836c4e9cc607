/// The effective configuration as YAML, for people to read, with secrets masked.
package enum ConfigurationText {
  static let masked = "<redacted>"

  /// Ends with a newline.
  package static func text(_ configuration: GatewayConfiguration) -> String {
    var writer = OutlineWriter()
    for key in GatewayKeys.all {
      let value = key.text(configuration)
      if let value { writer.write(key.path, value) }
      if key.path == "auth.mode" {
        writer.write("auth.tokens", configuration.auth.tokens.map { entry($0, TokenKeys.all) })
      }
      if key.path == "cors.origins" {
        writer.write("sources", configuration.sources.map { entry($0, SourceKeys.all) })
      }
    }
    return writer.text
  }

  private static func entry(_ token: CallerToken, _ keys: [TokenKeys.Key]) -> [(String, String)] {
    let draft = TokenDraft(token)
    return keys.compactMap { key in key.text(draft).map { (key.path, $0) } }
  }

  private static func entry(
    _ source: SourceSettings, _ keys: [SourceKeys.Key]
  ) -> [(String, String)] {
    let draft = SourceDraft(source)
    return keys.compactMap { key in
      // Without requests there is no limit, and `per` means nothing.
      if key.path == "rateLimit.per", draft.rateLimitRequests == nil { return nil }
      return key.text(draft).map { (key.path, $0) }
    }
  }
}

/// Writes dotted paths as nested YAML; paths with a common beginning must come together.
private struct OutlineWriter {
  private(set) var text = ""
  private var open: [Substring] = []

  mutating func write(_ path: String, _ value: String) {
    let name = enter(path)
    line(open.count, "\(name): \(value)")
  }

  mutating func write(_ path: String, _ entries: [[(String, String)]]) {
    let name = enter(path)
    let depth = open.count
    line(depth, entries.isEmpty ? "\(name): []" : "\(name):")
    for entry in entries {
      open = []
      var inner = OutlineWriter()
      for (path, value) in entry { inner.write(path, value) }
      for (index, part) in inner.text.split(separator: "\n").enumerated() {
        line(depth + 1, (index == 0 ? "- " : "  ") + part)
      }
    }
    open = path.split(separator: ".").dropLast()
  }

  /// Opens the mappings that `path` is in, as far as they are not open; its last part.
  private mutating func enter(_ path: String) -> Substring {
    var parts = path.split(separator: ".")
    let name = parts.popLast() ?? ""
    let common = zip(open, parts).prefix { $0 == $1 }.count
    for index in common..<max(common, parts.count) { line(index, "\(parts[index]):") }
    open = parts
    return name
  }

  private mutating func line(_ depth: Int, _ content: String) {
    text += String(repeating: "  ", count: depth) + content + "\n"
  }
}
