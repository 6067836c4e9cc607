import Providers
import Sessions
import Upstream

/// A source while its description is read.
struct SourceDraft: Sendable {
  var name: String?
  var provider: (any SessionProvider)?
  var origin: UpstreamOrigin?
  var apiKey: Secret?
  var timeout = Duration.seconds(10)
  var retries = 1
  var concurrency = 8
  var rateLimitRequests: Int?
  var rateLimitPer = Duration.seconds(1)
  var responseBytes = 32 << 20
  var allowsHTTP2 = true
  var caFile: String?
  var clientCertificateFile: String?
  var clientKeyFile: String?

  init() {}

  init(_ settings: SourceSettings) {
    name = settings.name
    provider = settings.provider
    origin = settings.origin
    apiKey = settings.apiKey
    timeout = settings.timeout
    retries = settings.retries
    concurrency = settings.concurrency
    rateLimitRequests = settings.rateLimit?.requests
    rateLimitPer = settings.rateLimit?.per ?? rateLimitPer
    responseBytes = settings.responseBytes
    allowsHTTP2 = settings.allowsHTTP2
    caFile = settings.tls.caFile
    clientCertificateFile = settings.tls.clientCertificateFile
    clientKeyFile = settings.tls.clientKeyFile
  }

  /// Nil while something that has no default is missing.
  var settings: SourceSettings? {
    guard let name, let provider, let apiKey,
      let origin = origin ?? (try? UpstreamOrigin(provider.defaultBaseURL))
    else { return nil }
    var settings = SourceSettings(
      name: name, provider: provider, origin: origin, apiKey: apiKey)
    settings.timeout = timeout
    settings.retries = retries
    settings.concurrency = concurrency
    settings.rateLimit = rateLimitRequests.map { .init(requests: $0, per: rateLimitPer) }
    settings.responseBytes = responseBytes
    settings.allowsHTTP2 = allowsHTTP2
    settings.tls = .init(
      caFile: caFile, clientCertificateFile: clientCertificateFile, clientKeyFile: clientKeyFile)
    return settings
  }
}

/// Every key of an entry of `sources`, in the file's order.
enum SourceKeys {
  typealias Key = ConfigurationKey<SourceDraft>

  static let all = identity + options

  /// What tells sources apart.
  static let identity: [Key] = [
    .text(
      "name", \.name,
      allowed: "1 to 32 of a-z, 0-9 and -, not - first",
      "Begins the ids of its sessions: keep it, once callers have stored ids.",
      where: isName),
    .scalar(
      "provider", nil, .word(ProviderCatalog.all.map(\.name)),
      ProviderCatalog.all.map(\.name).joined(separator: ", "), "Whose API it speaks."
    ) { text, root in
      guard let provider = ProviderCatalog.all.first(where: { $0.name == text }) else {
        return false
      }
      root.provider = provider
      return true
    } text: {
      $0.provider?.name
    },
    Key(
      path: "baseURL", ownVariable: nil, shape: .text,
      allowed: "https://HOST[:PORT][/PATH], or http://",
      summary: "Where that API is; default: the provider's own."
    ) { content, root in
      guard case .text(let text) = content else { return "is a list" }
      do throws(UpstreamOrigin.Mistake) {
        root.origin = try UpstreamOrigin(text)
        return nil
      } catch {
        return error.reason
      }
    } text: {
      $0.origin?.url
    },
    Key(
      path: "apiKey", ownVariable: nil, shape: .secret, allowed: CredentialText.allowed,
      summary: "Credential at the provider; ${VARIABLE} takes it from the environment."
    ) { content, root in
      guard case .text(let key) = content else { return "is a list" }
      if let problem = CredentialText.problem(key) { return problem }
      root.apiKey = Secret(key)
      return nil
    } text: {
      $0.apiKey.map { _ in ConfigurationText.masked }
    },
    Key(
      path: "apiKeyFile", ownVariable: nil, shape: .text,
      allowed: "the path of a file with the key alone: \(CredentialText.allowed)",
      summary: "A file that holds it, instead."
    ) { content, root in
      guard case .text(let path) = content else { return "is a list" }
      do throws(SmallFile.Failure) {
        root.apiKey = Secret(try CredentialText.read(path))
        return nil
      } catch {
        return error.problem
      }
    } text: { _ in
      nil
    },
  ]

  /// What can be set for all sources at once, as `GATEWAY_UPSTREAM_` and the path in capitals.
  static let options: [Key] = [
    .duration(
      "timeout", \.timeout, .milliseconds(10) ... .seconds(600),
      "A whole upstream call, retries included; it bounds a page as well."),
    .integer("retries", \.retries, 0...5, "Tries after the first one."),
    .integer("concurrency", \.concurrency, 1...1_000, "Upstream requests at a time."),
    .optionalInteger(
      "rateLimit.requests", \.rateLimitRequests, 1...1_000_000,
      "What this process asks of the provider, at most, ... Default: no limit."),
    .duration(
      "rateLimit.per", \.rateLimitPer, .milliseconds(10) ... .seconds(86_400),
      "... in so long."),
    .size(
      "responseBytes", \.responseBytes, 1_024...(1 << 30),
      "One upstream answer, before and after decompression."),
    .either(
      "http2", \.allowsHTTP2, true: "auto", false: "off",
      "auto speaks HTTP/2 where the provider does, over TLS."),
    .file("tls.caFile", \.caFile, "PEM of the only authorities to trust; default: the system's."),
    .file(
      "tls.clientCertificateFile", \.clientCertificateFile,
      "PEM certificate chain to show to the provider."),
    .file("tls.clientKeyFile", \.clientKeyFile, "PEM private key of that certificate."),
  ]

  static func isName(_ text: String) -> Bool {
    1...32 ~= text.utf8.count && text.utf8.first != UInt8(ascii: "-")
      && text.utf8.allSatisfy {
        0x30...0x39 ~= $0 || 0x61...0x7A ~= $0 || $0 == UInt8(ascii: "-")
      }
  }
}
