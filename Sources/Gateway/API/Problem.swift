import Bytes
package import HTTP
import JSON
import Transport
package import Upstream

/// Everything that the gateway can say no with, in one place: type, status and title (RFC 9457).
package struct Problem: Error, Equatable {
  package enum Kind: String, CaseIterable, Sendable {
    case badRequest = "bad-request"
    case invalidParameter = "invalid-parameter"
    case unknownParameter = "unknown-parameter"
    case cursorInvalid = "cursor-invalid"
    case cursorMismatch = "cursor-mismatch"
    case cursorExpired = "cursor-expired"
    case unauthorized, forbidden
    case notFound = "not-found"
    case methodNotAllowed = "method-not-allowed"
    case notAcceptable = "not-acceptable"
    case requestTimeout = "request-timeout"
    case tooLarge = "too-large"
    case misdirected
    case rateLimited = "rate-limited"
    case overloaded, draining
    case upstreamFailed = "upstream-failed"
    case upstreamTimeout = "upstream-timeout"
    case upstreamLimited = "upstream-limited"
    case notImplemented = "not-implemented"
    case versionNotSupported = "version-not-supported"
    case `internal`
  }

  package var kind: Kind
  /// For people: what is wrong, and what is allowed.
  package var detail: String
  /// The query parameter at fault.
  package var parameter: String?
  /// Seconds; 429 and 503 always carry one.
  package var retryAfter: Int?
  /// Of a 405.
  package var allow: String?
  /// Where one kind has several (413, 414, 431).
  package var status: Status

  package init(
    _ kind: Kind, _ detail: String, parameter: String? = nil, retryAfter: Int? = nil,
    allow: String? = nil, status: Status? = nil
  ) {
    self.kind = kind
    self.detail = detail
    self.parameter = parameter
    self.allow = allow
    self.status = status ?? kind.status
    self.retryAfter = retryAfter ?? ([429, 503].contains(self.status) ? 1 : nil)
  }

  /// A request that the server refused before any route saw it.
  package init(_ error: ProtocolError) {
    let kind: Kind =
      switch error.status.rawValue {
      case 408: .requestTimeout
      case 413, 414, 431: .tooLarge
      case 421: .misdirected
      case 429: .rateLimited
      case 501: .notImplemented
      case 503: .overloaded
      case 505: .versionNotSupported
      case 500...: .internal
      default: error.parameter == nil ? .badRequest : .invalidParameter
      }
    self.init(kind, error.detail, parameter: error.parameter, status: error.status)
  }

  /// What a source's failure is to a caller who asked for that source alone.
  package init(_ failure: UpstreamFailure, source: String) {
    let detail = "source \(source): \(failure.message)"
    let seconds = failure.retryAfter.map { Int(max(1, ($0.wholeMilliseconds + 999) / 1000)) }
    switch failure.code {
    case .timeout: self.init(.upstreamTimeout, detail)
    case .rateLimited, .circuitOpen: self.init(.upstreamLimited, detail, retryAfter: seconds)
    default: self.init(.upstreamFailed, detail)
    }
  }

  package func response(requestID: String) -> Response {
    let body = ByteBuffer(capacity: 256)
    body.append("{\"type\":")
    body.append(json: "urn:sessions-gateway:problem:\(kind.rawValue)")
    body.append(",\"title\":")
    body.append(json: kind.title)
    body.append(",\"status\":")
    body.append(decimal: status.rawValue)
    body.append(",\"detail\":")
    body.append(json: detail)
    if let parameter {
      body.append(",\"parameter\":")
      body.append(json: parameter)
    }
    body.append(",\"requestId\":")
    body.append(json: requestID)
    body.append("}\n")
    var fields = Fields([
      ("Content-Type", "application/problem+json"), ("Cache-Control", "no-store"),
      ("X-Request-Id", requestID),
    ])
    if let retryAfter { fields.append("Retry-After", String(retryAfter)) }
    if let allow { fields.append("Allow", allow) }
    if kind == .unauthorized {
      fields.append("WWW-Authenticate", "Bearer realm=\"sessions-gateway\"")
    }
    return Response(status, fields: fields, body: body)
  }
}

extension Problem.Kind {
  var status: Status {
    switch self {
    case .badRequest, .invalidParameter, .unknownParameter, .cursorInvalid, .cursorMismatch,
      .cursorExpired:
      400
    case .unauthorized: 401
    case .forbidden: 403
    case .notFound: 404
    case .methodNotAllowed: 405
    case .notAcceptable: 406
    case .requestTimeout: 408
    case .tooLarge: 413
    case .misdirected: 421
    case .rateLimited: 429
    case .internal: 500
    case .notImplemented: 501
    case .upstreamFailed: 502
    case .overloaded, .draining, .upstreamLimited: 503
    case .upstreamTimeout: 504
    case .versionNotSupported: 505
    }
  }

  var title: String {
    switch self {
    case .badRequest: "The request is malformed"
    case .invalidParameter: "A parameter is not valid"
    case .unknownParameter: "A parameter is not known"
    case .cursorInvalid: "The cursor is not valid"
    case .cursorMismatch: "The cursor belongs to another query"
    case .cursorExpired: "The cursor has expired"
    case .unauthorized: "A valid token is needed"
    case .forbidden: "The token does not permit this"
    case .notFound: "Not found"
    case .methodNotAllowed: "The method is not allowed here"
    case .notAcceptable: "No acceptable format"
    case .requestTimeout: "The request came too slowly"
    case .tooLarge: "The request is too large"
    case .misdirected: "The request is for another host"
    case .rateLimited: "Too many requests"
    case .overloaded: "Too busy"
    case .draining: "Shutting down"
    case .upstreamFailed: "A source failed"
    case .upstreamTimeout: "A source did not answer in time"
    case .upstreamLimited: "A source may not be asked now"
    case .notImplemented: "Not implemented"
    case .versionNotSupported: "HTTP version not supported"
    case .internal: "Internal error"
    }
  }
}
