import Gateway
import Providers
import Server
import Support
import Testing
import Upstream

/// The configuration of `environment`, and of the YAML text `file` if there is one.
func loaded(
  _ environment: [String: String], file: String? = nil, demo: Bool = false
) throws -> GatewayConfiguration {
  try outcome(environment, file: file, demo: demo).get()
}

/// What is wrong with it; empty when nothing is.
func mistakes(
  _ environment: [String: String], file: String? = nil, demo: Bool = false
) throws -> [ConfigurationMistake] {
  switch try outcome(environment, file: file, demo: demo) {
  case .success: []
  case .failure(let mistakes): mistakes.all
  }
}

func outcome(
  _ environment: [String: String], file: String? = nil, demo: Bool = false
) throws -> Result<GatewayConfiguration, ConfigurationMistakes> {
  guard let file else {
    return ConfigurationLoader.load(environment: environment, file: nil, demo: demo)
  }
  return try TemporaryFile.with(file) { path in
    ConfigurationLoader.load(environment: environment, file: path, demo: demo)
  }
}

/// One source, and nothing else.
let oneSource = ["ANAM_API_KEY": "anam-key-1234567890"]

struct ConfigurationEnvironmentTests {
  @Test func `each provider of the catalogue has a default source as soon as its key is known`()
    throws
  {
    for provider in ProviderCatalog.all {
      let configuration = try loaded(["\(provider.name.uppercased())_API_KEY": "key-of-it"])
      let source = try #require(configuration.sources.first)
      #expect(configuration.sources.count == 1)
      #expect(source.name == provider.name)
      #expect(source.provider.name == provider.name)
      #expect(source.apiKey.exposed == "key-of-it")
      #expect("https://\(source.origin.authority)" == provider.defaultBaseURL)
      #expect(source.upstream.credential?.value.exposed.contains("key-of-it") == true)
    }
  }

  @Test func `the defaults are those of the modules that obey them`() throws {
    let configuration = try loaded(oneSource)
    let source = try #require(configuration.sources.first).upstream
    let upstream = UpstreamConfiguration(name: "x", origin: source.origin)
    #expect(source.timeout == upstream.timeout && source.retries == upstream.retries)
    #expect(source.concurrency == upstream.concurrency && source.rateLimit == upstream.rateLimit)
    #expect(source.responseBytes == upstream.responseBytes)
    #expect(source.allowsHTTP2 == upstream.allowsHTTP2 && source.tls == upstream.tls)
    let limits = configuration.limits
    let server = ServerConfiguration()
    #expect(limits.connections == server.connections && limits.bodyBytes == server.bodyBytes)
    #expect(limits.connectionsPerAddress == server.connectionsPerAddress)
    #expect(limits.requestsInFlight == server.requestsInFlight)
    #expect(limits.headTimeout == server.headTimeout && limits.idleTimeout == server.idleTimeout)
    #expect(limits.bytesPerSecond == server.bytesPerSecond)
  }

  @Test func `a key may come from a file, less its line end`() throws {
    try TemporaryFile.with("from-a-file\r\n") { path in
      let configuration = try loaded(["ATHENA_API_KEY_FILE": path])
      #expect(configuration.sources.map(\.apiKey.exposed) == ["from-a-file"])
    }
  }

  @Test(
    arguments: [
      ("ANAM_API_KEY", ""), ("ANAM_API_KEY", "a\r\nX-Evil: 1"), ("ANAM_API_KEY", "a b"),
      ("ANAM_API_KEY", "schlüssel"), ("ANAM_API_KEY", String(repeating: "k", count: 5_000)),
      ("ANAM_API_KEY_FILE", "/no/such/file"), ("ANAM_API_KEY_FILE", "/"),
      ("ANAM_API_KEY_FILE", ""), ("ANAM_BASE_URL", "ftp://x"), ("ANAM_BASE_URL", ""),
      ("ANAM_BASE_URL", "https://user:word@x"), ("ANAM_BASE_URL", "https://x:99999"),
      ("GATEWAY_HOST", ""), ("GATEWAY_HOST", "example.com"), ("GATEWAY_HOST", "127.0.0.256"),
      ("GATEWAY_PORT", ""), ("GATEWAY_PORT", "65536"), ("GATEWAY_PORT", "-1"),
      ("GATEWAY_PORT", "80 "), ("GATEWAY_PORT", "٣"), ("GATEWAY_PORT", "tcp://10.0.0.1:80"),
      ("GATEWAY_LISTEN_TAKE_OVER", "yes"), ("GATEWAY_LISTEN_TRUSTED_PROXIES", "10.0.0.0/33"),
      ("GATEWAY_LISTEN_TRUSTED_PROXIES", "10.0.0.1,proxy"),
      ("GATEWAY_LISTEN_TLS_CERTIFICATE_FILE", "/no/such/file"),
      ("GATEWAY_LISTEN_TLS_KEY_FILE", "/dev/null"),
      ("GATEWAY_TOKENS", ""), ("GATEWAY_TOKENS", " , "), ("GATEWAY_TOKENS", "a\u{1}b"),
      ("GATEWAY_TOKENS_FILE", "/no/such/file"), ("GATEWAY_TOKENS_FILE", "/dev/null"),
      ("GATEWAY_TOKEN_PERMISSIONS", "all"), ("GATEWAY_AUTH", "off"), ("GATEWAY_AUTH", ""),
      ("GATEWAY_CORS_ORIGINS", "*"), ("GATEWAY_CORS_ORIGINS", "https://a.example/"),
      ("GATEWAY_QUERY_PAGE_BUDGET", "0"), ("GATEWAY_QUERY_SCAN_LIMIT", "1e3"),
      ("GATEWAY_CACHE_TTL", "2"), ("GATEWAY_CACHE_TTL", "-2s"), ("GATEWAY_CACHE_TTL", "2 s"),
      ("GATEWAY_CACHE_TTL", "99999999999999999999h"), ("GATEWAY_CACHE_MAX_BYTES", "64MB"),
      ("GATEWAY_CACHE_READ_AHEAD", "1.5s"), ("GATEWAY_CURSOR_SECRET", ""),
      ("GATEWAY_CURSOR_SECRET", "a,b,c,d,e"), ("GATEWAY_CURSOR_SECRET_FILE", "/no/such/file"),
      ("GATEWAY_CURSOR_LIFETIME", "1s"), ("GATEWAY_LIMITS_CONNECTIONS", "0"),
      ("GATEWAY_LIMITS_HEAD_BYTES", "1B"), ("GATEWAY_LIMITS_HEAD_TIMEOUT", "0s"),
      ("GATEWAY_LOG_LEVEL", "verbose"), ("GATEWAY_LOG_FORMAT", "xml"),
      ("GATEWAY_METRICS_OPEN", ""), ("GATEWAY_TRACING_ENDPOINT", "collector:4318"),
      ("GATEWAY_SHUTDOWN_DELAY", "soon"), ("GATEWAY_UPSTREAM_TIMEOUT", "0s"),
      ("GATEWAY_UPSTREAM_RETRIES", "6"), ("GATEWAY_UPSTREAM_HTTP2", "on"),
      ("GATEWAY_DEMO", "maybe"),
    ])
  func `a wrong value is one mistake under the name of its variable`(
    name: String, value: String
  ) throws {
    var environment = name.contains("_API_KEY") ? [:] : oneSource
    environment[name] = value
    let found = try mistakes(environment)
    #expect(found.map(\.place) == [name], "\(found)")
    #expect(found.allSatisfy { !$0.description.contains("\n") && !$0.problem.isEmpty })
  }

  @Test func `all mistakes are reported at once`() throws {
    let environment = [
      "ANAM_API_KEY": "", "GATEWAY_PORT": "x", "GATEWAY_CACHE_TTL": "x", "GATEWAY_PROT": "1",
      "GATEWAY_UPSTREAM_TIMEOUT": "x", "GATEWAY_HOST": "0.0.0.0",
    ]
    let places = try mistakes(environment).map(\.place)
    #expect(Set(places) == Set(environment.keys))
    #expect(places.count == environment.count)
  }

  @Test(arguments: [
    ("GATEWAY_PROT", "GATEWAY_PORT"), ("GATEWAY_LIMIT_HEAD_BYTES", "GATEWAY_LIMITS_HEAD_BYTES"),
    ("GATEWAY_LISTEN_HOST", "GATEWAY_HOST"), ("GATEWAY_AUTH_MODE", "GATEWAY_AUTH"),
    ("GATEWAY_TOKEN", "GATEWAY_TOKENS"), ("gateway_port", ""),
    ("GATEWAY_SERVICE_HOST", "enableServiceLinks"),
  ])
  func `an unknown variable is a mistake that names the nearest known one`(
    name: String, meant: String
  ) throws {
    var environment = oneSource
    environment[name] = "never-shown"
    let found = try mistakes(environment)
    if meant.isEmpty {
      #expect(found.isEmpty)
    } else {
      #expect(found.map(\.place) == [name])
      #expect(found.first?.allowed.contains(meant) == true, "\(found)")
      #expect(found.first?.description.contains("never-shown") == false)
    }
  }

  @Test func `two ways to say one thing are a mistake`() throws {
    try TemporaryFile.with("some-value-or-other") { path in
      for name in ["ANAM_API_KEY", "GATEWAY_TOKENS", "GATEWAY_CURSOR_SECRET"] {
        var environment = oneSource
        environment[name] = "some-value-or-other"
        environment["\(name)_FILE"] = path
        let places = try mistakes(environment).map(\.place)
        #expect(places == ["\(name)_FILE"])
      }
    }
  }

  @Test func `every variable reaches its setting`() throws {
    var environment = oneSource
    environment.merge([
      "ANAM_BASE_URL": "http://127.0.0.1:9000/anam/", "GATEWAY_HOST": "[::1]",
      "GATEWAY_PORT": "0", "GATEWAY_LISTEN_TAKE_OVER": "true",
      "GATEWAY_LISTEN_TRUSTED_PROXIES": "10.0.0.0/8, ::1", "GATEWAY_AUTH": "none",
      "GATEWAY_CORS_ORIGINS": "https://a.example,http://localhost:3000",
      "GATEWAY_QUERY_PAGE_BUDGET": "9", "GATEWAY_QUERY_SCAN_LIMIT": "500",
      "GATEWAY_CACHE_TTL": "0s", "GATEWAY_CACHE_READ_AHEAD": "1m",
      "GATEWAY_CACHE_MAX_BYTES": "1GiB", "GATEWAY_CURSOR_SECRET": "the-new-one-of-two,the-old-one",
      "GATEWAY_CURSOR_LIFETIME": "48h", "GATEWAY_LIMITS_CONNECTIONS": "11",
      "GATEWAY_LIMITS_CONNECTIONS_PER_ADDRESS": "12", "GATEWAY_LIMITS_REQUESTS_IN_FLIGHT": "13",
      "GATEWAY_LIMITS_HEAD_BYTES": "14KiB", "GATEWAY_LIMITS_BODY_BYTES": "15B",
      "GATEWAY_LIMITS_HEAD_TIMEOUT": "500ms", "GATEWAY_LIMITS_IDLE_TIMEOUT": "17s",
      "GATEWAY_LIMITS_BYTES_PER_SECOND": "18", "GATEWAY_LOG_LEVEL": "debug",
      "GATEWAY_LOG_FORMAT": "json", "GATEWAY_METRICS_OPEN": "1",
      "GATEWAY_TRACING_ENDPOINT": "http://127.0.0.1:4318/v1/traces",
      "GATEWAY_TRACING_PROPAGATE": "true", "GATEWAY_SHUTDOWN_DELAY": "3s",
      "GATEWAY_SHUTDOWN_TIMEOUT": "4s", "GATEWAY_UPSTREAM_TIMEOUT": "5s",
      "GATEWAY_UPSTREAM_RETRIES": "0", "GATEWAY_UPSTREAM_CONCURRENCY": "6",
      "GATEWAY_UPSTREAM_RATE_LIMIT_REQUESTS": "7", "GATEWAY_UPSTREAM_RATE_LIMIT_PER": "8s",
      "GATEWAY_UPSTREAM_RESPONSE_BYTES": "1MiB", "GATEWAY_UPSTREAM_HTTP2": "off",
      "GATEWAY_DEMO": "true",
    ]) { $1 }
    let all = try loaded(environment)
    #expect(all.listen.host == "::1" && all.listen.port == 0 && all.listen.takeOver)
    #expect(all.listen.trustedProxies == ["10.0.0.0/8", "::1"] && all.listen.isLoopback)
    #expect(all.auth.isDisabled && all.isDemo)
    #expect(all.corsOrigins == ["https://a.example", "http://localhost:3000"])
    #expect(all.query.pageBudget == 9 && all.query.scanLimit == 500)
    #expect(all.cache.ttl == .zero && all.cache.readAhead == .seconds(60))
    #expect(all.cache.maxBytes == 1 << 30)
    #expect(all.cursor.secrets == [Array("the-new-one-of-two".utf8), Array("the-old-one".utf8)])
    #expect(!all.cursor.isRandom && all.cursor.lifetime == .seconds(48 * 3_600))
    #expect(all.limits.connections == 11 && all.limits.connectionsPerAddress == 12)
    #expect(all.limits.requestsInFlight == 13 && all.limits.headBytes == 14 * 1_024)
    #expect(all.limits.bodyBytes == 15 && all.limits.headTimeout == .milliseconds(500))
    #expect(all.limits.idleTimeout == .seconds(17) && all.limits.bytesPerSecond == 18)
    #expect(all.log.level == .debug && all.log.format == .json && all.metricsOpen)
    #expect(all.tracing.endpoint?.pathPrefix == "/v1/traces" && all.tracing.propagate)
    #expect(all.shutdownDelay == .seconds(3) && all.shutdownTimeout == .seconds(4))
    let source = try #require(all.sources.first).upstream
    #expect(source.origin.port == 9_000 && source.origin.pathPrefix == "/anam")
    #expect(source.timeout == .seconds(5) && source.retries == 0 && source.concurrency == 6)
    #expect(source.rateLimit == .init(requests: 7, per: .seconds(8)))
    #expect(source.responseBytes == 1 << 20 && !source.allowsHTTP2)
    let simulated = all.simulatedSource(
      of: ProviderCatalog.all[0], at: source.origin, apiKey: all.sources[0].apiKey)
    #expect(simulated.timeout == .seconds(5) && simulated.name == ProviderCatalog.all[0].name)
  }

  @Test func `random values of any variable never crash and never show a secret`() throws {
    let seed = UInt64.random(in: 0...(.max))
    var generator = SeededGenerator(seed: seed)
    let secret = "s3cr3t-marker"
    let pieces = [
      "1", "0", "s", "ms", "h", "MiB", ",", "\n", "\0", "/", "//", ":", "[", "]", "http", "https",
      "://", "::1", "127.0.0.1", "none", "true", "raw", "é", "\u{2028}", "-", " ", "@", "${X}",
    ]
    let secretNames: Set<String> = [
      "ANAM_API_KEY", "ATHENA_API_KEY", "ALCAMINE_API_KEY", "GATEWAY_TOKENS",
      "GATEWAY_CURSOR_SECRET", "ANAM_API_KEY_FILE", "GATEWAY_TOKENS_FILE",
      "GATEWAY_CURSOR_SECRET_FILE",
    ]
    let names = ConfigurationVariables.names + ["GATEWAY_", "GATEWAY_X", "HTTPS_PROXY"]
    for _ in 0..<2_000 {
      var environment: [String: String] = [:]
      for _ in 0..<Int.random(in: 1...6, using: &generator) {
        let name = names.randomElement(using: &generator) ?? ""
        var value = ""
        for _ in 0..<Int.random(in: 0...5, using: &generator) {
          value += pieces.randomElement(using: &generator) ?? ""
        }
        if secretNames.contains(name) { value += secret }
        environment[name] = value
      }
      switch try outcome(environment, demo: generator.chance(0.5)) {
      case .failure(let mistakes):
        #expect(!mistakes.all.isEmpty, "seed \(seed)")
        #expect(!mistakes.description.contains(secret), "seed \(seed): \(mistakes)")
        #expect(
          mistakes.description.split(separator: "\n", omittingEmptySubsequences: false).count
            == mistakes.all.count, "seed \(seed)")
      case .success(let configuration):
        let shown = ConfigurationText.text(configuration) + configuration.warnings.joined()
        #expect(!shown.contains(secret), "seed \(seed): \(shown)")
        #expect(!"\(configuration.sources)".contains(secret), "seed \(seed)")
      }
    }
  }
}
