package import Logging
package import Transport
package import Upstream

/// Everything that an operator decides, valid as a whole. A fresh value holds the defaults.
package struct GatewayConfiguration: Sendable {
  package var listen = Listen()
  package var auth = Auth()
  /// Origins of web pages that may ask, as a browser writes them: `https://app.example.com`.
  package var corsOrigins: [String] = []
  /// In the order of the file, then the catalogue's default sources. Names are unique.
  package var sources: [SourceSettings] = []
  package var query = QueryLimits()
  package var cache = Cache()
  package var cursor = CursorSettings()
  package var limits = Limits()
  package var log = Log()
  /// Whether `/metrics` answers without a token.
  package var metricsOpen = false
  package var tracing = Tracing()
  /// Between the first sign of a stop and the end of accepting, for load balancers to notice.
  package var shutdownDelay = Duration.zero
  /// How long requests in flight may take to finish.
  package var shutdownTimeout = Duration.seconds(20)
  /// Whether simulated upstreams are served instead of `sources`.
  package var isDemo = false
  /// What the environment says for all sources; of a source itself it holds nothing.
  var upstreamDefaults = SourceDraft()
  /// What is valid and yet deserves a look, a line each, without secrets.
  package var warnings: [String] = []

  package init() {}
}

extension GatewayConfiguration {
  package struct Listen: Sendable, Hashable {
    /// A numeric address, IPv6 without brackets, or a name.
    package var host = "127.0.0.1"
    /// 0 picks a free one.
    package var port: UInt16 = 8080
    /// Whether to share a port that another gateway holds.
    package var takeOver = false
    /// Addresses, or networks as `10.0.0.0/8`, whose word on the caller's address is taken.
    package var trustedProxies: [String] = []
    package var tls: TLSFiles?
    package init() {}

    /// Whether only this machine can reach it.
    package var isLoopback: Bool { NetworkAddress.isLoopback(host) }
  }

  /// PEM files of the server's own certificate chain and key.
  package struct TLSFiles: Sendable, Hashable {
    package var certificateFile: String
    package var keyFile: String
    package init(certificateFile: String, keyFile: String) {
      self.certificateFile = certificateFile
      self.keyFile = keyFile
    }

    /// Reads the files.
    package func context() throws(TransportError) -> TLSContext {
      try TLSContext(
        serverCertificateFile: certificateFile, keyFile: keyFile, protocols: ["http/1.1"])
    }
  }

  package struct Auth: Sendable {
    /// Whether the operator asked to serve without authentication.
    package var isDisabled = false
    package var tokens: [CallerToken] = []
    package init() {}
  }

  package struct QueryLimits: Sendable, Hashable {
    /// Upstream requests per source that filtering one page may spend.
    package var pageBudget = 8
    /// Rows of one source that are read to sort it, or to read one group of equal times.
    package var scanLimit = 10_000
    package init() {}
  }

  package struct Cache: Sendable, Hashable {
    /// How long an upstream page may serve another first page; zero also reads nothing ahead.
    package var ttl = Duration.seconds(2)
    /// How long what was fetched and not returned is kept for the next page.
    package var readAhead = Duration.seconds(30)
    package var maxBytes = 64 << 20
    package init() {}
  }

  package struct CursorSettings: Sendable {
    /// The first signs, all verify. Never empty once loaded.
    package var secrets: [[UInt8]] = []
    /// Whether the secret was made at start, so that cursors end with the process.
    package var isRandom = false
    package var lifetime = Duration.seconds(24 * 3_600)
    package init() {}
  }

  /// What one caller, or all of them, can make the gateway hold or wait for.
  package struct Limits: Sendable, Hashable {
    package var connections = 10_000
    /// 0 sets no limit of its own.
    package var connectionsPerAddress = 0
    package var requestsInFlight = 1024
    package var headBytes = 32 << 10
    package var bodyBytes = 64 << 10
    package var headTimeout = Duration.seconds(10)
    package var idleTimeout = Duration.seconds(60)
    package var bytesPerSecond = 256
    package init() {}
  }

  package struct Log: Sendable, Hashable {
    package enum Format: String, Sendable, CaseIterable { case text, json }
    package var level = Logger.Level.info
    package var format = Format.text
    package init() {}
  }

  package struct Tracing: Sendable, Hashable {
    /// An OTLP/HTTP collector; nil exports nothing.
    package var endpoint: UpstreamOrigin?
    /// Whether upstreams are told the trace.
    package var propagate = false
    package init() {}
  }
}
