/// All that the client of one source needs to know. What each means to users is in the
/// configuration's documentation; limits without a setting are here, each with its reason.
package struct UpstreamConfiguration: Sendable {
  package struct TLSFiles: Sendable, Hashable {
    /// PEM of the only authorities to trust; nil: the system's.
    package var caFile: String?
    /// PEM chain and key to show to a server that asks.
    package var clientCertificateFile: String?
    package var clientKeyFile: String?
    /// False for a gateway's own health check alone; no setting of a source.
    package var verifiesServer = true
    package init(
      caFile: String? = nil, clientCertificateFile: String? = nil, clientKeyFile: String? = nil
    ) {
      self.caFile = caFile
      self.clientCertificateFile = clientCertificateFile
      self.clientKeyFile = clientKeyFile
    }
  }

  /// At most `requests` in any stretch of time of length `per`, over all loops.
  package struct RateLimit: Sendable, Hashable {
    package var requests: Int
    package var per: Duration
    package init(requests: Int, per: Duration) {
      self.requests = requests
      self.per = per
    }
  }

  package struct Credential: Sendable {
    package var fieldName: String
    package var value: Secret
    package init(fieldName: String, value: Secret) {
      self.fieldName = fieldName
      self.value = value
    }
  }

  package var name: String
  package var origin: UpstreamOrigin
  package var credential: Credential?
  /// Bounds a whole call, retries included, when the caller's deadline is not earlier.
  package var timeout = Duration.seconds(10)
  /// Tries after the first one, in one call.
  package var retries = 1
  /// Requests at a time, over all loops.
  package var concurrency = 8
  package var rateLimit: RateLimit?
  /// Bytes of one answer, before and after decompression.
  package var responseBytes = 32 << 20
  /// Whether HTTP/2 is offered to a server that speaks TLS.
  package var allowsHTTP2 = true
  package var tls = TLSFiles()
  package var userAgent = "sessions-gateway"

  /// Calls of one loop that wait for a turn. As many as the requests that a gateway serves at a time
  /// by default; beyond it a call fails at once instead of waiting for its deadline.
  package var maximumWaiting = 1024
  /// An unused connection is closed after this: below the 60 s after which load balancers drop one.
  package var idleTimeout = Duration.seconds(50)
  /// A connection older than this takes no further request, so that changes of an address are followed.
  package var maximumAge = Duration.seconds(600)
  /// Unused connections kept by one loop.
  package var maximumIdle = 8

  package init(name: String, origin: UpstreamOrigin, credential: Credential? = nil) {
    self.name = name
    self.origin = origin
    self.credential = credential
  }
}
