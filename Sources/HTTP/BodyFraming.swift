/// How the end of a message's body is found (RFC 9112, 6.3).
package enum BodyFraming: Equatable, Sendable {
  case none
  case length(Int)
  case chunked
  /// Responses only: whatever comes until the connection ends.
  case untilClose
}
