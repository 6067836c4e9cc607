import COpenSSL
package import HTTP
import Transport

/// Who is asking, and what they may see.
package struct Caller: Sendable, Equatable {
  /// The token's name; nil without authentication.
  package var name: String?
  package var permissions: CallerToken.Permissions
  /// Nil: no limit of its own.
  package var requestsPerSecond: Int?
}

/// Decides by the request's bearer token (RFC 6750, 2.1) and its host, against digests alone.
package struct Authenticator: Sendable {
  private let tokens: [CallerToken]
  /// Nobody has to show a token.
  private let isOpen: Bool
  /// Without tokens on a loopback address only requests for this machine are answered: a web page of
  /// anywhere can have its name point here.
  private let checksHost: Bool
  /// By the token's name, for tokens with a rate of their own.
  private let allowances: Guarded<[String: Allowance]>

  /// A bucket of one second's requests, refilled as time passes.
  private struct Allowance: Sendable {
    var requests: Double
    var at: Instant
  }

  /// - Parameter previous: what decided so far: a new configuration gives no caller a new second.
  package init(
    _ configuration: GatewayConfiguration, continuing previous: Authenticator? = nil
  ) {
    tokens = configuration.auth.tokens
    isOpen = configuration.auth.isDisabled || configuration.auth.tokens.isEmpty
    checksHost =
      isOpen && !configuration.auth.isDisabled && !configuration.isDemo
      && configuration.listen.isLoopback
    allowances = previous?.allowances ?? Guarded([:])
    let names = Set(tokens.map(\.name))
    allowances.withLock { $0 = $0.filter { names.contains($0.key) } }
  }

  package func checkHost(_ authority: String) throws(Problem) {
    guard checksHost else { return }
    let host =
      authority.hasPrefix("[")
      ? authority.dropFirst().prefix { $0 != "]" } : authority.prefix { $0 != ":" }
    guard host.lowercased() == "localhost" || NetworkAddress.isLoopback(String(host)) else {
      throw Problem(
        .misdirected,
        "without tokens this gateway answers only when Host is localhost or a loopback address")
    }
  }

  /// Who shows a token that is known; `admit` says whether it may ask now.
  package func caller(_ fields: Fields) throws(Problem) -> Caller {
    if isOpen { return Caller(name: nil, permissions: [.raw, .contact]) }
    let given = fields.values("authorization")
    guard given.count == 1, let value = given.first, value.utf8.count > 7,
      value.prefix(7).lowercased() == "bearer "
    else {
      throw Problem(.unauthorized, "Authorization must be given once, as Bearer and a token")
    }
    let digest = CallerToken.digest(value.dropFirst(7).utf8)
    // All are compared, each in constant time: neither a match nor its place shows in the time.
    var found: CallerToken?
    for token in tokens
    where token.sha256.count == digest.count
      && CRYPTO_memcmp(token.sha256, digest, digest.count) == 0
    {
      found = token
    }
    guard let found else { throw Problem(.unauthorized, "the token is not known") }
    return Caller(
      name: found.name, permissions: found.permissions, requestsPerSecond: found.requestsPerSecond)
  }

  /// Counts a request of this caller's against its rate.
  package func admit(_ caller: Caller) throws(Problem) {
    guard let name = caller.name, let rate = caller.requestsPerSecond else { return }
    guard takes(name, rate: Double(rate)) else {
      throw Problem(.rateLimited, "the token allows \(rate) requests per second")
    }
  }

  private func takes(_ name: String, rate: Double) -> Bool {
    let now = Instant.now()
    return allowances.withLock { allowances in
      var allowance = allowances[name] ?? Allowance(requests: rate, at: now)
      let seconds = Double((now - allowance.at).wholeNanoseconds) / 1e9
      allowance.requests = min(rate, allowance.requests + max(0, seconds) * rate)
      allowance.at = now
      defer { allowances[name] = allowance }
      guard allowance.requests >= 1 else { return false }
      allowance.requests -= 1
      return true
    }
  }
}
