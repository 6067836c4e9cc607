/// Why a message is refused. It says what the sender got wrong and never repeats the sender's
/// bytes, except for the name of a query parameter.
package struct ProtocolError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What a server answers; a client only tells that the message is unusable.
  package var status: Status
  /// One phrase for people.
  package var detail: String
  /// The query parameter at fault, percent-encoded as sent, when it is one.
  package var parameter: String?

  package init(_ status: Status, _ detail: String, parameter: String? = nil) {
    self.status = status
    self.detail = detail
    self.parameter = parameter
  }

  package var description: String { "\(status.rawValue): \(detail)" }
}
