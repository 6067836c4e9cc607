import Providers
package import Sessions
package import Upstream

extension ConfigurationReading {
  /// The sources of the file, and the default source of each provider whose key is in the
  /// environment. A source of the file that bears a provider's name is that default source.
  mutating func addSources(
    _ entries: [ConfigurationEntries.Entry], _ variables: EnvironmentVariables
  ) {
    // Once for its mistakes, and for the sources that a demo makes.
    var defaults = SourceDraft()
    apply(variables.upstream, of: SourceKeys.options, to: &defaults)
    configuration.upstreamDefaults = defaults
    var names: [String: String] = [:]
    for entry in entries {
      var draft = SourceDraft()
      apply(entry.values, of: SourceKeys.all, to: &draft)
      var given = Set(entry.values.map(\.path))
      if let name = draft.name, let values = variables.sources[name] {
        if let provider = draft.provider, provider.name != name {
          note(
            values[0].place,
            "is for the source \(name), which is one of another provider at"
              + " \(entry.place)", allowed: "another name for that source")
        } else {
          apply(values, of: SourceKeys.all, to: &draft)
          given.formUnion(values.map(\.path))
        }
      }
      if let name = draft.name {
        if let first = names[name] {
          note(entry.place, "has the name \(name), as \(first) has", allowed: "a name of its own")
        }
        names[name] = entry.place
      }
      add(draft, given, entry.place, variables)
    }
    for provider in ProviderCatalog.all where names[provider.name] == nil {
      guard let values = variables.sources[provider.name] else { continue }
      addDefault(provider, values, variables)
    }
  }

  private mutating func addDefault(
    _ provider: any SessionProvider, _ values: [GivenValue], _ variables: EnvironmentVariables
  ) {
    var draft = SourceDraft()
    draft.name = provider.name
    draft.provider = provider
    apply(values, of: SourceKeys.all, to: &draft)
    let given = Set(values.map(\.path))
    guard given.contains("apiKey") || given.contains("apiKeyFile") else {
      let key = EnvironmentVariables.keyVariable(provider.name)
      warn("\(values[0].place) is set without \(key): there is no source \(provider.name)")
      return
    }
    add(draft, given.union(["name", "provider"]), values[0].place, variables)
  }

  private mutating func add(
    _ draft: SourceDraft, _ given: Set<String>, _ place: String, _ variables: EnvironmentVariables
  ) {
    var draft = draft
    for key in ["name", "provider"] where !given.contains(key) {
      note(place, "has no \(key)", allowed: SourceKeys.all.allowed(key))
    }
    if !given.contains("apiKey"), !given.contains("apiKeyFile") {
      note(place, "has no apiKey and no apiKeyFile", allowed: "one of the two")
    }
    if given.contains("rateLimit.per"), !given.contains("rateLimit.requests"),
      !variables.upstream.contains(where: { $0.path == "rateLimit.requests" })
    {
      note(place, "has a rateLimit without requests", allowed: "requests and per, or neither")
    }
    if given.contains("tls.clientCertificateFile") != given.contains("tls.clientKeyFile") {
      note(
        place, "has one of tls.clientCertificateFile and tls.clientKeyFile",
        allowed: "both or neither")
    }
    for value in variables.upstream {
      // Its mistakes are noted already.
      _ = SourceKeys.options.first { $0.path == value.path }?.set(value.content, &draft)
    }
    if let settings = draft.settings { configuration.sources.append(settings) }
  }
}

extension GatewayConfiguration {
  /// A source at a simulated upstream, with what the environment says for all sources.
  package func simulatedSource(
    of provider: any SessionProvider, at origin: UpstreamOrigin, apiKey: Secret
  ) -> SourceSettings {
    var draft = upstreamDefaults
    draft.name = provider.name
    draft.provider = provider
    draft.origin = origin
    draft.apiKey = apiKey
    return draft.settings
      ?? SourceSettings(name: provider.name, provider: provider, origin: origin, apiKey: apiKey)
  }
}

extension [SourceKeys.Key] {
  fileprivate func allowed(_ path: String) -> String {
    first { $0.path == path }?.allowed ?? ""
  }
}
