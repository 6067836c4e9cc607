import Logging
import Transport
import Upstream

/// Every key of the file outside its lists, in the file's order.
enum GatewayKeys {
  typealias Key = ConfigurationKey<GatewayConfiguration>

  static let all: [Key] =
    listen + auth + cors + query + cache + cursor + limits + log + metrics + tracing + shutdown

  private static let day = Duration.seconds(24 * 3_600)

  private static let listen: [Key] = [
    .scalar(
      "listen.host", "GATEWAY_HOST", .text, "a numeric IPv4 or IPv6 address, or localhost",
      "Where to listen. Beyond this machine only with tokens, or with auth.mode: none."
    ) { text, root in
      let host =
        text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
      guard host == "localhost" || IPAddress(host) != nil else { return false }
      root.listen.host = host
      return true
    } text: {
      $0.listen.host
    },
    .scalar(
      "listen.port", "GATEWAY_PORT", .integer(0...65_535), "a whole number from 0 to 65535",
      "0 picks a free one; the ready line on stdout names it."
    ) { text, root in
      guard let port = wholeNumber(text).flatMap(UInt16.init(exactly:)) else { return false }
      root.listen.port = port
      return true
    } text: {
      String($0.listen.port)
    },
    .boolean(
      "listen.takeOver", \.listen.takeOver,
      "Listen although another gateway holds the port; both serve until that one is stopped."),
    .list(
      "listen.trustedProxies", \.listen.trustedProxies,
      allowed: "IP addresses, or networks as 10.0.0.0/8",
      "Proxies whose X-Forwarded-For says who the caller is.",
      where: { IPNetwork($0) != nil }),
    .file(
      "listen.tls.certificateFile", \.listen.certificateFile,
      "PEM certificate chain: the gateway serves HTTPS."),
    .file("listen.tls.keyFile", \.listen.keyFile, "PEM private key of that certificate."),
  ]

  private static let auth: [Key] = [
    .either(
      "auth.mode", \.auth.isDisabled, true: "none", false: "tokens", variable: "GATEWAY_AUTH",
      "none serves without authentication, with all permissions.")
  ]

  private static let cors: [Key] = [
    .list(
      "cors.origins", \.corsOrigins, allowed: "origins as https://app.example.com",
      "Origins of web pages elsewhere that may ask."
    ) { text in
      guard let origin = try? UpstreamOrigin(text) else { return false }
      return text == "\(origin.isSecure ? "https" : "http")://\(origin.authority)"
    }
  ]

  private static let query: [Key] = [
    .integer(
      "query.pageBudget", \.query.pageBudget, 1...1_000,
      "Upstream requests per source that filtering one page may spend."),
    .integer(
      "query.scanLimit", \.query.scanLimit, 100...1_000_000,
      "Rows of one source that are read to sort it, or to read one group of equal times."),
  ]

  private static let cache: [Key] = [
    .duration(
      "cache.ttl", \.cache.ttl, .zero ... .seconds(3_600),
      "How long an upstream page may serve another first page; 0s: always ask, read nothing ahead."),
    .duration(
      "cache.readAhead", \.cache.readAhead, .zero ... .seconds(3_600),
      "How long what was fetched and not returned is kept for the next page."),
    .size(
      "cache.maxBytes", \.cache.maxBytes, 0...(64 << 30),
      "Memory for the two above, over all sources."),
  ]

  private static let cursor: [Key] = [
    CursorSecrets.key,
    CursorSecrets.fileKey,
    .duration(
      "cursor.lifetime", \.cursor.lifetime, .seconds(60)...(day * 366),
      "How long a cursor stays valid."),
  ]

  private static let limits: [Key] = [
    .integer(
      "limits.connections", \.limits.connections, 1...1_000_000,
      "Open connections; more are answered 503."),
    .integer(
      "limits.connectionsPerAddress", \.limits.connectionsPerAddress, 0...1_000_000,
      "Open connections of one address, or its requests behind a proxy; 0: no limit of its own."),
    .integer(
      "limits.requestsInFlight", \.limits.requestsInFlight, 1...1_000_000,
      "Requests that are worked on at a time; more are answered 503."),
    .size(
      "limits.headBytes", \.limits.headBytes, 1_024...(1 << 20),
      "A request's line and fields; more is answered 431."),
    .size(
      "limits.bodyBytes", \.limits.bodyBytes, 0...(64 << 20),
      "A request's body; more is answered 413."),
    .duration(
      "limits.headTimeout", \.limits.headTimeout, .milliseconds(100) ... .seconds(3_600),
      "For a request's head to arrive; then 408."),
    .duration(
      "limits.idleTimeout", \.limits.idleTimeout, .milliseconds(100) ... .seconds(3_600),
      "Between an answer and the next request; then the connection closes."),
    .integer(
      "limits.bytesPerSecond", \.limits.bytesPerSecond, 1...(1 << 30),
      "Slowest rate at which a body may come and an answer may be taken."),
  ]

  private static let log: [Key] = [
    .word("log.level", \.log.level, "The least severe level that is written."),
    .word("log.format", \.log.format, "text for people, json for collectors: a line per event."),
  ]

  private static let metrics: [Key] = [
    .boolean("metrics.open", \.metricsOpen, "Whether /metrics answers without a token.")
  ]

  private static let tracing: [Key] = [
    Key(
      path: "tracing.endpoint", ownVariable: nil, shape: .text,
      allowed: "a URL as http://collector:4318/v1/traces",
      summary: "Collector of spans, OTLP over HTTP in JSON; none: tracing is off."
    ) { content, root in
      guard case .text(let text) = content else { return "is a list" }
      do throws(UpstreamOrigin.Mistake) {
        root.tracing.endpoint = try UpstreamOrigin(text)
        return nil
      } catch {
        return error.reason
      }
    } text: {
      $0.tracing.endpoint?.url
    },
    .boolean(
      "tracing.propagate", \.tracing.propagate, "Whether upstreams are told the trace as well."),
  ]

  private static let shutdown: [Key] = [
    .duration(
      "shutdownDelay", \.shutdownDelay, .zero ... .seconds(3_600),
      "After SIGTERM: how long /readyz says 503 while connections are still accepted."),
    .duration(
      "shutdownTimeout", \.shutdownTimeout, .zero ... .seconds(3_600),
      "Then: how long requests in flight may take to finish."),
  ]
}

extension GatewayConfiguration.Listen {
  /// While a configuration is read, the half of the pair that is missing is empty.
  fileprivate var certificateFile: String? {
    get { tls?.certificateFile }
    set { tls = .init(certificateFile: newValue ?? "", keyFile: tls?.keyFile ?? "") }
  }

  fileprivate var keyFile: String? {
    get { tls?.keyFile }
    set { tls = .init(certificateFile: tls?.certificateFile ?? "", keyFile: newValue ?? "") }
  }
}

extension UpstreamOrigin {
  /// As it was written, less a port that goes without saying.
  var url: String { "\(isSecure ? "https" : "http")://\(authority)\(pathPrefix)" }
}
