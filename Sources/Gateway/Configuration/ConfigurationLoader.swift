import Providers
import Sessions
import Transport
import Upstream

/// Reads the whole configuration: environment over file over default. It reports every mistake, not
/// the first, and asks nobody but the file system.
package enum ConfigurationLoader {
  /// - Parameter file: path of the YAML file, if there is one.
  /// - Parameter demo: whether the command line asked for simulated upstreams.
  /// - Parameter listens: whether anybody will be served; else who may ask needs no word.
  package static func load(
    environment: [String: String], file: String?, demo: Bool, listens: Bool = true
  ) -> Result<GatewayConfiguration, ConfigurationMistakes> {
    var reading = ConfigurationReading()
    var entries = ConfigurationEntries()
    if let file {
      entries = ConfigurationFile.read(file, environment: environment, noting: &reading)
    }
    let variables = EnvironmentVariables.read(environment, noting: &reading)

    reading.apply(entries.gateway)
    reading.apply(variables.gateway)
    reading.configuration.isDemo = demo || variables.isDemo
    reading.addTokens(entries.tokens, variables)
    reading.addSources(entries.sources, variables)
    if listens {
      reading.checkListenerFiles()
      reading.checkWhoMayAsk()
    }
    reading.checkWhole(variables, isFileGiven: file != nil)
    reading.addWarnings(environment, listens: listens)

    return reading.mistakes.isEmpty
      ? .success(reading.configuration) : .failure(ConfigurationMistakes(reading.mistakes))
  }
}

/// What a file says, key by key.
struct ConfigurationEntries: Sendable {
  /// One entry of a list.
  struct Entry: Sendable {
    /// As mistakes name it.
    var place: String
    var values: [GivenValue]
  }
  var gateway: [GivenValue] = []
  var sources: [Entry] = []
  var tokens: [Entry] = []
}

/// A configuration while it is read, with what was found wrong so far.
struct ConfigurationReading {
  var configuration = GatewayConfiguration()
  private(set) var mistakes: [ConfigurationMistake] = []
  private var noted: Set<ConfigurationMistake> = []
  /// Where each key was given last, mistaken or not.
  private(set) var places: [String: String] = [:]

  /// Keys that say the same thing in several ways: only one of each may be given.
  private static let alternatives = [
    ["apiKey", "apiKeyFile"], ["token", "tokenFile", "tokenSHA256"],
    ["cursor.secrets", "cursor.secretsFile"],
  ]

  mutating func note(_ place: String, _ problem: String, allowed: String = "") {
    let mistake = ConfigurationMistake(place, problem, allowed: allowed)
    if noted.insert(mistake).inserted { mistakes.append(mistake) }
  }

  /// Sets the gateway's own keys.
  mutating func apply(_ values: [GivenValue]) {
    for value in values { places[value.path] = value.place }
    var root = configuration
    apply(values, of: GatewayKeys.all, to: &root)
    configuration = root
  }

  mutating func apply<Root>(
    _ values: [GivenValue], of keys: [ConfigurationKey<Root>], to root: inout Root
  ) {
    for value in values {
      guard let key = keys.first(where: { $0.path == value.path }) else { continue }
      if case .refused = value.content { continue }
      if let problem = key.set(value.content, &root) {
        note(
          value.place, value.isHidden ? "is not allowed, as the environment has it" : problem,
          allowed: key.allowed)
      }
    }
    for names in Self.alternatives {
      let given = values.filter { names.contains($0.path) }
      if given.count > 1 {
        note(
          given[1].place, "says the same as \(given[0].place)", allowed: "one of the two")
      }
    }
  }
}

// MARK: - Checks over several keys

extension ConfigurationReading {
  fileprivate mutating func checkWhole(_ variables: EnvironmentVariables, isFileGiven: Bool) {
    checkPair("listen.tls", configuration.listen.tls.map { ($0.certificateFile, $0.keyFile) })
    if configuration.sources.isEmpty, !configuration.isDemo, mistakes.isEmpty {
      let names = ProviderCatalog.all.map { EnvironmentVariables.keyVariable($0.name) }
      note(
        isFileGiven ? "sources" : "environment", "no source is configured",
        allowed: "one or more of \(names.joined(separator: ", ")); sources in a file given by"
          + " --config; or --demo (GATEWAY_DEMO=1), which serves simulated sessions")
    }
    if configuration.cursor.secrets.isEmpty {
      configuration.cursor.secrets = [CursorSigner.randomSecret()]
      configuration.cursor.isRandom = true
    }
  }

  private mutating func checkPair(_ path: String, _ pair: (certificate: String, key: String)?) {
    guard let pair, pair.certificate.isEmpty != pair.key.isEmpty else { return }
    // One that was given and refused is a mistake of its own already.
    let certificate = places["\(path).certificateFile"]
    let key = places["\(path).keyFile"]
    if let place = certificate ?? key, certificate == nil || key == nil {
      note(place, "needs \(certificate == nil ? "certificateFile" : "keyFile") as well")
    }
  }

  /// The files are read again when the gateway starts; a mistake in them is told as one.
  fileprivate mutating func checkListenerFiles() {
    guard let tls = configuration.listen.tls, !tls.certificateFile.isEmpty, !tls.keyFile.isEmpty
    else { return }
    let mistake: (key: String, allowed: String)
    let problem: TransportError
    do throws(TransportError) {
      _ = try tls.context()
      return
    } catch .certificate(let reason) {
      mistake = ("listen.tls.certificateFile", "a PEM file: the certificate, then its issuers'")
      problem = .certificate(reason: reason)
    } catch {
      mistake = (
        "listen.tls.keyFile", "the PEM private key of that certificate, without passphrase"
      )
      problem = error
    }
    note(places[mistake.key] ?? mistake.key, "\(problem)", allowed: mistake.allowed)
  }

  /// Whoever serves beyond this machine says who may ask, or that everybody may.
  fileprivate mutating func checkWhoMayAsk() {
    guard !configuration.admitsCallers else { return }
    note(
      places["listen.host"] ?? "GATEWAY_HOST",
      "\(quoted(configuration.listen.host)) can be reached from other machines, and no token is"
        + " configured",
      allowed: "tokens (GATEWAY_TOKENS, GATEWAY_TOKENS_FILE or auth.tokens), or GATEWAY_AUTH=none"
        + " to serve everybody")
  }
}

// MARK: - Warnings

extension ConfigurationReading {
  fileprivate mutating func addWarnings(_ environment: [String: String], listens: Bool) {
    for source in configuration.sources
    where !source.origin.isSecure && !NetworkAddress.isLoopback(source.origin.host) {
      warn(
        "source \(source.name): its base URL is http://, so its key and its sessions cross the"
          + " network unencrypted")
    }
    if listens { addServingWarnings() }
    if configuration.isDemo, !configuration.sources.isEmpty {
      warn("demo mode: the configured sources are not used")
    }
    // Its value may hold a password, so only the name is shown.
    let proxies = [
      "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy",
    ]
    if let name = proxies.first(where: { environment[$0]?.isEmpty == false }) {
      warn("\(name) is set, but sources are asked directly")
    }
  }

  /// What matters to those who are served.
  private mutating func addServingWarnings() {
    if configuration.cursor.isRandom {
      warn(
        "no GATEWAY_CURSOR_SECRET: cursors are signed with a random secret, end with this process,"
          + " and no other replica accepts them")
    } else if configuration.cursor.secrets.contains(where: {
      $0.count < CursorSecrets.fewestBytes
    }) {
      warn(
        "a cursor secret has fewer than \(CursorSecrets.fewestBytes) characters and can be guessed")
    }
    if configuration.auth.isDisabled {
      if !configuration.auth.tokens.isEmpty {
        warn("authentication is off: the configured tokens are not asked for")
      } else if !configuration.listen.isLoopback {
        warn("authentication is off: whoever reaches \(configuration.listen.host) sees everything")
      }
    }
  }

  mutating func warn(_ line: String) { configuration.warnings.append(line) }
}
