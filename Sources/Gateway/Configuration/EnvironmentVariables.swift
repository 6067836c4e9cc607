import Providers
import Sessions

/// The part of the environment that is meant for the gateway.
struct EnvironmentVariables: Sendable {
  static let prefix = "GATEWAY_"
  static let upstreamPrefix = "GATEWAY_UPSTREAM_"
  static let tokens = "GATEWAY_TOKENS"
  static let tokensFile = "GATEWAY_TOKENS_FILE"
  static let tokenPermissions = "GATEWAY_TOKEN_PERMISSIONS"
  static let demo = "GATEWAY_DEMO"

  var gateway: [GivenValue] = []
  /// For every source.
  var upstream: [GivenValue] = []
  /// For the default source of a provider, by its name.
  var sources: [String: [GivenValue]] = [:]
  /// Nil where none were given; the variable, and what it holds.
  var tokens: (place: String, values: [String])?
  var tokenPermissions: GivenValue?
  var isDemo = false

  static func keyVariable(_ provider: String) -> String { "\(provider.uppercased())_API_KEY" }

  /// A source's key in the file, and the end of the variable for it.
  static let sourceVariables = [
    ("apiKey", "_API_KEY"), ("apiKeyFile", "_API_KEY_FILE"), ("baseURL", "_BASE_URL"),
  ]

  /// Everything that begins with `GATEWAY_` and means something.
  static let known: [String] =
    GatewayKeys.all.map { $0.variable() }
    + SourceKeys.options.map { $0.variable(prefix: upstreamPrefix) }
    + [tokens, tokensFile, tokenPermissions, demo]

  static func read(
    _ environment: [String: String], noting reading: inout ConfigurationReading
  ) -> EnvironmentVariables {
    var variables = EnvironmentVariables()
    let value = { (path: String, name: String) in
      environment[name].map { GivenValue(path: path, place: name, content: .text($0)) }
    }
    variables.gateway = GatewayKeys.all.compactMap { value($0.path, $0.variable()) }
    variables.upstream = SourceKeys.options.compactMap {
      value($0.path, $0.variable(prefix: upstreamPrefix))
    }
    for provider in ProviderCatalog.all {
      let given = sourceVariables.compactMap { path, end in
        value(path, provider.name.uppercased() + end)
      }
      if !given.isEmpty { variables.sources[provider.name] = given }
    }
    variables.tokenPermissions = value(TokenKeys.permissions.path, tokenPermissions)
    variables.readTokens(environment, noting: &reading)
    if let text = environment[demo] {
      if let isDemo = truth(text) {
        variables.isDemo = isDemo
      } else {
        reading.note(demo, "\(quoted(text)) is not allowed", allowed: "true or false")
      }
    }
    noteUnknown(environment, &reading)
    return variables
  }

  private mutating func readTokens(
    _ environment: [String: String], noting reading: inout ConfigurationReading
  ) {
    if environment[Self.tokens] != nil, environment[Self.tokensFile] != nil {
      reading.note(
        Self.tokensFile, "says the same as \(Self.tokens)", allowed: "one of the two")
    }
    if let text = environment[Self.tokens] {
      tokens = (Self.tokens, separated(text))
    } else if let path = environment[Self.tokensFile] {
      do throws(SmallFile.Failure) {
        tokens = (Self.tokensFile, separated(try SmallFile.contents(path)))
      } catch {
        reading.note(
          Self.tokensFile, error.problem, allowed: "the path of a file with tokens, a line each")
      }
    }
  }

  private static func noteUnknown(
    _ environment: [String: String], _ reading: inout ConfigurationReading
  ) {
    let known = Set(known)
    for name in environment.keys.sorted() {
      if name.hasPrefix(prefix), !known.contains(name) {
        reading.note(printable(name), "is no variable of the gateway", allowed: advice(name))
      }
      for provider in ProviderCatalog.all where name.hasPrefix(provider.name.uppercased() + "_") {
        let variables = sourceVariables.map { provider.name.uppercased() + $0.1 }
        guard !variables.contains(name), let meant = NearestName.to(name, among: variables) else {
          continue
        }
        reading.warn("\(printable(name)) is not read; \(meant) is")
      }
    }
  }

  private static func advice(_ name: String) -> String {
    // Kubernetes' links to a Service named gateway: GATEWAY_SERVICE_HOST, GATEWAY_PORT_80_TCP.
    if name.contains("_SERVICE_") || name.contains("_TCP") || name.contains("_UDP") {
      return "if Kubernetes sets it for a Service of that name: enableServiceLinks: false"
    }
    // A key that has a shorter variable of its own, spelt by the general rule.
    let general = GatewayKeys.all.first { prefix + variableName($0.path) == name }
    if let general { return "did you mean \(general.variable())?" }
    return NearestName.to(name, among: Self.known).map { "did you mean \($0)?" }
      ?? "the variables that the documentation lists"
  }

  private static func printable(_ name: String) -> String {
    let isPlain = name.utf8.count <= 80 && name.utf8.allSatisfy { 0x21...0x7E ~= $0 }
    return isPlain ? name : quoted(name)
  }
}
