/// A request line and its fields, checked. The body that `framing` announces has not been looked
/// at.
package struct RequestHead: Sendable {
  /// As sent, case kept.
  package var method: String
  /// Percent-encoded; begins with `/`, or is `*` (OPTIONS), or is empty (CONNECT).
  package var path: String
  /// Percent-encoded, what follows the first `?`.
  package var query: String?
  /// From an absolute-form target or from `Host`; empty for HTTP/1.0 without either.
  package var authority: String
  /// 0 or 1: HTTP/1.x with a higher minor version counts as 1 (RFC 9110, 2.5).
  package var minorVersion: Int
  package var fields: Fields
  package var framing: BodyFraming
  /// What the client asks for; a server may still close.
  package var keepsAlive: Bool
  /// `Expect: 100-continue` of a request with a body.
  package var expectsContinue: Bool
  /// Length of the head on the wire.
  package var byteCount: Int

  /// The methods of RFC 9110, 9.3, PATCH and QUERY; others are answered 501.
  package var hasKnownMethod: Bool {
    switch method {
    case "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",
      "QUERY":
      true
    default: false
    }
  }
}
