package import Bytes

/// A request as a handler sees it: framing is done with, the target is split but not decoded.
package struct Request {
  /// As sent, case kept: methods are case-sensitive (RFC 9110, 9.1).
  package var method: String
  /// The path as sent, percent-encoded, without the query; begins with `/`, or is `*` for OPTIONS.
  package var path: String
  /// What follows the first `?`, percent-encoded; nil without one.
  package var query: String?
  package var fields: Fields
  /// The body, de-chunked; nil when the request has none.
  package var body: ByteBuffer?
  /// The peer's address as text, without port.
  package var remoteAddress: String
  /// From `Host`, or from an absolute-form target, which wins (RFC 9112, 3.2.2).
  package var authority: String

  package init(
    method: String, path: String, query: String? = nil, fields: Fields = Fields(),
    body: ByteBuffer? = nil, remoteAddress: String = "127.0.0.1", authority: String = "localhost"
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.fields = fields
    self.body = body
    self.remoteAddress = remoteAddress
    self.authority = authority
  }
}

/// An answer as a handler gives it. The server adds `Date`, `Content-Length` and `Connection`, and
/// leaves the body out where HTTP has none (HEAD, 204, 304).
package struct Response {
  package var status: Status
  package var fields: Fields
  package var body: ByteBuffer?

  package init(_ status: Status, fields: Fields = Fields(), body: ByteBuffer? = nil) {
    self.status = status
    self.fields = fields
    self.body = body
  }
}

/// A status code; the phrase is looked up when it is written.
package struct Status: RawRepresentable, Hashable, Sendable, ExpressibleByIntegerLiteral {
  package var rawValue: Int
  package init(rawValue: Int) { self.rawValue = rawValue }
  package init(integerLiteral value: Int) { rawValue = value }
}
