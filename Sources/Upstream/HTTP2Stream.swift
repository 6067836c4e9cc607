import HTTP
import Transport

/// One stream of an HTTP/2 connection: an exchange, and what has arrived of its answer's head.
final class HTTP2Stream {
  /// Nil when nobody wants the answer any more, or has it already.
  var exchange: Exchange?
  var status = 0
  var fields = Fields()
  var fieldBytes = 0
  var contentLength: Int?
  var hasHead = false
  var isComplete = false
  var informational = 0
  /// How much the connection had received when the request was sent.
  let receivedBefore: Int

  let sentAt: Instant

  init(_ exchange: Exchange, receivedBefore: Int, at now: Instant) {
    self.exchange = exchange
    sentAt = now
    self.receivedBefore = receivedBefore
  }

  /// What the end of the connection, which has received `received` bytes, means for this stream.
  func fault(_ fault: Exchange.Fault, received: Int) -> Exchange.Fault {
    guard fault.trace == .lost else { return fault }
    if hasHead { return .endedWithinAnswer }
    var fault = fault
    // It had spoken before and said nothing since: it had been dead when the request was sent.
    if receivedBefore > 0, receivedBefore == received { fault.trace = .neverProcessed }
    return fault
  }
}
