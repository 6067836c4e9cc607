import HTTP
import Transport

/// One call to a source, from asking for a permit to its outcome. The client moves it; its owner can
/// only give it up. Belongs to the client's loop.
package final class UpstreamCall {
  enum Stage {
    case waitingForPermit
    case waitingForTurn
    case underWay(Exchange)
    case ended
  }

  let target: String
  let fields: Fields
  let deadline: Instant
  let startedAt: Instant
  var stage = Stage.waitingForPermit
  var isProbe = false
  var holdsPermit = false
  /// Requests sent so far.
  package internal(set) var requests = 0
  var retriesLeft: Int
  /// A `Retry-After` is waited for once.
  var mayWait = true
  /// A request that was never processed is sent again at no charge, so often at most: a server that
  /// takes few on each connection refuses the same ones again. Where it refuses one in three, one call
  /// in 20,000 fails.
  var resendsLeft = 8
  /// The next request is a retry: not the first, nor one that is sent again at no charge.
  var isRetrying = false
  /// Of the request under way.
  var sentAt = Instant(nanoseconds: 0)
  var sentAsRetry = false
  /// Why it is being tried again.
  var lastFailure: UpstreamFailure?
  /// The pace's number of the request under way.
  var turn = 0
  var deadlineTimer: LoopTimer?
  var turnTimer: LoopTimer?
  var completion: ((Result<UpstreamAnswer, UpstreamFailure>) -> UpstreamVerdict)?
  private weak var client: UpstreamClient?

  init(
    target: String, fields: Fields, startedAt: Instant, deadline: Instant, retries: Int,
    client: UpstreamClient,
    completion: @escaping (Result<UpstreamAnswer, UpstreamFailure>) -> UpstreamVerdict
  ) {
    self.target = target
    self.fields = fields
    self.startedAt = startedAt
    self.deadline = deadline
    self.client = client
    self.completion = completion
    retriesLeft = retries
  }

  /// Gives the call up: its completion is not called. Harmless when it has ended.
  package func cancel() { client?.cancel(self) }

  var hasEnded: Bool {
    if case .ended = stage { return true }
    return false
  }
}
