package import Sessions
package import Upstream

/// One configured source: a provider, an account there, and how much may be asked of it.
package struct SourceSettings: Sendable {
  package var name: String
  package var provider: any SessionProvider
  package var origin: UpstreamOrigin
  package var apiKey: Secret
  /// A whole upstream call, retries included.
  package var timeout = Duration.seconds(10)
  package var retries = 1
  /// Upstream requests at a time.
  package var concurrency = 8
  /// What this process asks of the provider, at most; nil: no limit of its own.
  package var rateLimit: UpstreamConfiguration.RateLimit?
  package var responseBytes = 32 << 20
  package var allowsHTTP2 = true
  package var tls = UpstreamConfiguration.TLSFiles()

  package init(
    name: String, provider: any SessionProvider, origin: UpstreamOrigin, apiKey: Secret
  ) {
    self.name = name
    self.provider = provider
    self.origin = origin
    self.apiKey = apiKey
  }

  /// Whether nothing that a source is made from differs.
  func isSame(as other: SourceSettings) -> Bool {
    name == other.name && provider.name == other.provider.name && origin == other.origin
      && apiKey == other.apiKey && timeout == other.timeout && retries == other.retries
      && concurrency == other.concurrency && rateLimit == other.rateLimit
      && responseBytes == other.responseBytes && allowsHTTP2 == other.allowsHTTP2
      && tls == other.tls
  }

  /// The same in the terms of the client.
  package var upstream: UpstreamConfiguration {
    let (fieldName, value) = provider.credential(apiKey.exposed)
    var upstream = UpstreamConfiguration(
      name: name, origin: origin,
      credential: .init(fieldName: fieldName, value: Secret(value)))
    upstream.timeout = timeout
    upstream.retries = retries
    upstream.concurrency = concurrency
    upstream.rateLimit = rateLimit
    upstream.responseBytes = responseBytes
    upstream.allowsHTTP2 = allowsHTTP2
    upstream.tls = tls
    return upstream
  }
}
