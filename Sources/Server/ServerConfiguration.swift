package import HTTP
package import Transport

/// The limits of a server. Each bounds what one client, or all of them, can make it hold or wait
/// for.
package struct ServerConfiguration: Sendable {
  package var headLimits = HeadLimits()
  /// Bytes of a request's decoded body; more is answered 413.
  package var bodyBytes = 64 * 1024
  /// Open connections, over all loops that share a `ServerLoad`; more are answered 503.
  package var connections = 10_000
  /// Open connections of one client's address; 0 sets no limit of its own. A trusted proxy's are not
  /// counted, since it carries many clients: there it bounds the requests of each that are worked on.
  /// More are answered 429.
  package var connectionsPerAddress = 0
  /// Requests that handlers are working on, over all loops; more are answered 503.
  package var requestsInFlight = 1024
  /// From a head's first byte, or from the accept, to its end; then 408.
  package var headTimeout = Duration.seconds(10)
  /// Between an answer and the next request; then the connection closes.
  package var idleTimeout = Duration.seconds(60)
  /// Slowest rate at which a body may come and an answer may be taken.
  package var bytesPerSecond = 256
  /// Over so long the rate is measured: long enough to ride out a lost packet or two.
  package var rateWindow = Duration.seconds(5)
  /// How long a closing connection reads on, so that the client sees the answer before a reset.
  package var lingerTimeout = Duration.seconds(2)
  /// A client that has shut its sending side may still read: it gets so long before its request is
  /// canceled. Most have simply left.
  package var halfCloseGrace = Duration.milliseconds(500)
  /// While draining, a connection that has not sent its first request gets so long to do it.
  package var firstRequestGrace = Duration.seconds(1)
  package var trustedProxies = TrustedProxies()
  /// Secures new connections; nil: they are plain.
  package var tls: TLSContext?
  /// Seconds, in `Retry-After` of a 429 or 503.
  package var retryAfter = 1
  /// Shapes the answer to a request that no handler sees.
  package var errorResponse: @Sendable (ProtocolError) -> Response = plainErrorResponse

  package init() {}
}

/// One line of text: the status, its reason and what was wrong.
@Sendable
private func plainErrorResponse(_ error: ProtocolError) -> Response {
  Response(
    error.status, fields: Fields([("Content-Type", "text/plain; charset=utf-8")]),
    body: .init("\(error.status.rawValue) \(error.status.reason): \(error.detail)\n"))
}
