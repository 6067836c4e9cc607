import COpenSSL
package import HTTP
import Transport

/// Who is asking, and what they may see.
package struct Caller: Sendable, Equatable {
  /// The token's name; nil without authentication.
  package var name: String?
  package var permissions: CallerToken.Permissions
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

  package init(_ configuration: GatewayConfiguration) {
    tokens = configuration.auth.tokens
    isOpen = configuration.auth.isDisabled || configuration.auth.tokens.isEmpty
    checksHost =
      isOpen && !configuration.auth.isDisabled && !configuration.isDemo
      && configuration.listen.isLoopback
    allowances = Guarded([:])
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
    where CRYPTO_memcmp(token.sha256, digest, min(token.sha256.count, digest.count)) == 0 {
      found = token
    }
    guard let found else { throw Problem(.unauthorized, "the token is not known") }
    if let rate = found.requestsPerSecond, !takes(found.name, rate: Double(rate)) {
      throw Problem(.rateLimited, "the token allows \(rate) requests per second")
    }
    return Caller(name: found.name, permissions: found.permissions)
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
