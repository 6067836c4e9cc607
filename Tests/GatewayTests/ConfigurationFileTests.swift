import Gateway
import Testing

struct ConfigurationFileTests {
  private static let whole = """
    listen: { host: 127.0.0.1, port: 9090, trustedProxies: [10.0.0.0/8] }
    auth:
      tokens:
        - { name: grafana, token: "${GRAFANA}", permissions: [contact], requestsPerSecond: 50 }
        - name: robot
          tokenSHA256: 2CF24DBA5FB0A30E26E83B2AC5B9E29E1B161E5C1FA7425E73043362938B9824
    sources:
      - name: anam-eu
        provider: anam
        baseURL: http://127.0.0.1:1/x
        apiKey: ${EU_KEY}
        timeout: 3s
        rateLimit: { requests: 20, per: 1s }
        http2: off
      - { name: anam-us, provider: anam, apiKey: us-key }
    cache: { ttl: 5s }
    cursor: { secrets: [first-secret-of-two, second-secret-of-two] }
    shutdownDelay: 1s
    """
  private static let environment = ["EU_KEY": "eu-key", "GRAFANA": "graf-token-0123456"]

  @Test func `a file says what the environment does not`() throws {
    var environment = Self.environment
    environment["GATEWAY_CACHE_TTL"] = "7s"
    environment["ANAM_API_KEY"] = "default-key"
    environment["GATEWAY_TOKENS"] = "extra-token-0123456"
    let all = try loaded(environment, file: Self.whole)
    #expect(all.listen.port == 9_090 && all.listen.trustedProxies == ["10.0.0.0/8"])
    #expect(all.cache.ttl == .seconds(7) && all.cache.readAhead == .seconds(30))
    #expect(all.shutdownDelay == .seconds(1) && all.cursor.secrets.count == 2)
    #expect(all.sources.map(\.name) == ["anam-eu", "anam-us", "anam"])
    #expect(all.sources.map(\.apiKey.exposed) == ["eu-key", "us-key", "default-key"])
    #expect(all.sources[0].timeout == .seconds(3) && !all.sources[0].allowsHTTP2)
    #expect(all.sources[0].rateLimit?.requests == 20 && all.sources[1].rateLimit == nil)
    #expect(all.auth.tokens.map(\.name) == ["grafana", "robot", "token-1"])
    #expect(all.auth.tokens[0].sha256 == CallerToken.digest("graf-token-0123456".utf8))
    #expect(all.auth.tokens[0].permissions == .contact)
    #expect(all.auth.tokens[0].requestsPerSecond == 50)
    #expect(all.auth.tokens[1].sha256 == CallerToken.digest("hello".utf8))
    #expect(all.auth.tokens[1].permissions == [] && all.auth.tokens[2].permissions == [])
  }

  @Test func `the environment overrides a source of the file that bears a provider's name`() throws
  {
    let file = "sources: [{ name: anam, provider: anam, apiKey: old, timeout: 3s }]"
    let all = try loaded(
      [
        "ANAM_API_KEY": "new", "ANAM_BASE_URL": "https://anam.example",
        "GATEWAY_UPSTREAM_TIMEOUT": "4s",
      ], file: file)
    #expect(all.sources.map(\.apiKey.exposed) == ["new"])
    #expect(all.sources.map(\.origin.authority) == ["anam.example"])
    #expect(all.sources.map(\.timeout) == [.seconds(4)])
  }

  @Test(arguments: [
    "", "# nothing\n", "---\n", "~", "listen:\n", "sources:\nauth:\n  tokens: []\n",
  ])
  func `a file that says nothing is valid`(file: String) throws {
    #expect(try loaded(oneSource, file: file).sources.count == 1)
  }

  @Test(
    arguments: [
      ("listen: { prot: 1 }", ":1: listen.prot", "port"),
      ("\nlisen: { port: 1 }", ":2: lisen", "listen"),
      ("port: 1", ":1: port", "listen.port"),
      ("listen:\n  port: eighty", ":2: listen.port", "65535"),
      ("listen: [1]", ":1: listen", "keys and values"),
      ("listen: { port: [1] }", ":1: listen.port", "65535"),
      ("listen: { port: { a: 1 } }", ":1: listen.port", "a text"),
      ("[1]", ":1: the file", "keys and values"),
      ("sources: 1", ":1: sources", "list"),
      ("sources: [1]", ":1: sources[0]", "keys and values"),
      (
        "sources: [{ name: a, provider: anam, apiKey: k, tmeout: 1s }]", ":1: sources[0].tmeout",
        "timeout"
      ),
      ("sources: [{ name: a, provider: other, apiKey: k }]", ":1: sources[0].provider", "anam"),
      ("sources: [{ name: A, provider: anam, apiKey: k }]", ":1: sources[0].name", "a-z"),
      ("sources: [{ name: a, provider: anam }]", ":1: sources[0]", "one of the two"),
      ("sources: [{ name: a, apiKey: k }]", ":1: sources[0]", "anam"),
      ("sources: [{ name: a, provider: anam, apiKey: k, apiKeyFile: /dev/null }]", "", ""),
      ("sources: [{ name: a, provider: anam, apiKey: \"${UNSET}\" }]", ":1: sources[0].apiKey", ""),
      (
        "sources: [{ name: a, provider: anam, apiKey: \"${UNSET\" }]", ":1: sources[0].apiKey",
        "$${"
      ),
      (
        "sources: [{ name: athena, provider: anam, apiKey: k, rateLimit: { per: 1s } }]",
        ":1: sources[0]", ""
      ),
      ("auth: { tokens: [{ token: abcdef }] }", ":1: auth.tokens[0]", ""),
      ("auth: { tokens: [{ name: a }] }", ":1: auth.tokens[0]", "tokenFile"),
      (
        "auth: { tokens: [{ name: a, tokenSHA256: abcd }] }", ":1: auth.tokens[0].tokenSHA256", "64"
      ),
      (
        "auth: { tokens: [{ name: a, token: b, permissions: [all] }] }",
        ":1: auth.tokens[0].permissions", "raw"
      ),
      ("a: 1\na: 2", ":2", "once"), ("a: [", ":1", ""), ("a: *b", ":1", ""), ("\u{1}", ":1", ""),
      ("a: 1\n--- 2", "", ""),
    ])
  func `a mistake names file, line and key`(file: String, place: String, allowed: String) throws {
    let found = try mistakes(["ATHENA_BASE_URL": "https://x", "ANAM_API_KEY": "k"], file: file)
    #expect(
      found.contains {
        $0.place.hasSuffix(place) && (allowed.isEmpty || $0.allowed.contains(allowed))
      }, "\(found)")
  }

  @Test func `names and tokens are unique`() throws {
    let file = """
      sources:
        - { name: a, provider: anam, apiKey: k }
        - { name: a, provider: athena, apiKey: k }
        - { name: athena, provider: anam, apiKey: k }
      auth:
        tokens:
          - { name: x, token: same-token-0123456 }
          - { name: x, token: other-token-012345 }
      """
    let found = try mistakes(
      ["ATHENA_API_KEY": "k", "GATEWAY_TOKENS": "same-token-0123456"], file: file)
    #expect(found.count == 4, "\(found)")
  }

  @Test func `beyond this machine somebody must say who may ask`() throws {
    for host in ["0.0.0.0", "::", "10.0.0.1", "::ffff:10.0.0.1"] {
      var environment = oneSource
      environment["GATEWAY_HOST"] = host
      let found = try mistakes(environment)
      #expect(found.map(\.place) == ["GATEWAY_HOST"])
      #expect(found.first?.allowed.contains("GATEWAY_TOKENS") == true)
      #expect(found.first?.allowed.contains("GATEWAY_AUTH=none") == true)
      let fromFile = try mistakes(oneSource, file: "listen: { host: '\(host)' }")
      #expect(fromFile.first?.place.hasSuffix(":1: listen.host") == true)
      #expect(try mistakes(environment, demo: true).isEmpty)
      for (name, value) in [("GATEWAY_AUTH", "none"), ("GATEWAY_TOKENS", "token")] {
        #expect(try mistakes(environment.merging([name: value]) { $1 }).isEmpty)
      }
    }
    for host in ["127.0.0.1", "127.1.2.3", "::1", "localhost", "::ffff:127.0.0.1"] {
      #expect(try mistakes(oneSource.merging(["GATEWAY_HOST": host]) { $1 }).isEmpty)
    }
  }

  @Test func `without a source it says which variables to set and that there is a demo`() throws {
    let found = try mistakes([:])
    #expect(found.count == 1)
    for word in ["ALCAMINE_API_KEY", "ANAM_API_KEY", "ATHENA_API_KEY", "--demo"] {
      #expect(found.first?.description.contains(word) == true)
    }
    #expect(try loaded([:], demo: true).isDemo)
    #expect(try loaded(["GATEWAY_DEMO": "1"]).isDemo)
  }

  @Test func `what is risky is warned about`() throws {
    let warnings = try loaded([
      "ANAM_API_KEY": "k", "ANAM_BASE_URL": "http://anam.example", "ATHENA_BASE_URL": "https://x",
      "ATHENA_APIKEY": "hidden", "HTTPS_PROXY": "http://user:hidden@proxy", "GATEWAY_HOST": "::",
      "GATEWAY_AUTH": "none",
    ]).warnings
    for word in [
      "unencrypted", "without ATHENA_API_KEY", "ATHENA_APIKEY is not read", "HTTPS_PROXY",
      "GATEWAY_CURSOR_SECRET", "authentication is off",
    ] {
      #expect(warnings.count { $0.contains(word) } == 1, "\(word): \(warnings)")
    }
    #expect(!warnings.joined().contains("hidden"))
    let quiet = try loaded(["ANAM_API_KEY": "k", "GATEWAY_CURSOR_SECRET": "0123456789abcdef"])
    #expect(quiet.warnings.isEmpty)
  }

  @Test func `the printed configuration reads back, and shows no secret`() throws {
    let all = try loaded(Self.environment, file: Self.whole)
    let text = ConfigurationText.text(all)
    for secret in ["eu-key", "us-key", "graf-token", "first-secret", "second-secret", "2CF24D"] {
      #expect(!text.lowercased().contains(secret.lowercased()), "\(text)")
    }
    #expect(text.contains("secrets: [<redacted>, <redacted>]"))
    // Masked secrets are texts like any other, so that the rest can be compared.
    let readable = text.replacing("[<redacted>, <redacted>]", with: "[aaaaaaaaaaaaaaaa, b]")
      .replacing("token: <redacted>", with: "token: ${RANDOM_X}")
    var number = 0
    let distinct = readable.split(separator: "${RANDOM_X}", omittingEmptySubsequences: false)
      .reduce(into: "") { result, part in
        if number > 0 { result += "t\(number)" }
        number += 1
        result += part
      }
    let again = try loaded([:], file: distinct)
    #expect(
      ConfigurationText.text(again) == text, "\(ConfigurationText.text(again))")
  }
}
