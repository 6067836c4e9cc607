import Transport

/// What failures say to people, in one place.
extension UpstreamFailure {
  /// For an answer whose status is neither 200 nor 404.
  init(_ answer: Exchange.Answer, requests: Int) {
    let (code, message): (Code, String) =
      switch answer.status {
      case 401: (.unauthorized, "the source refused the credential (401)")
      case 403: (.forbidden, "the source forbade the request (403)")
      case 429: (.rateLimited, "the source limits requests (429)")
      case 300..<400: (.upstreamStatus(answer.status), "the source redirects (\(answer.status))")
      default: (.upstreamStatus(answer.status), "the source answered \(answer.status)")
      }
    self.init(code, message, retryAfter: answer.retryAfter, requests: requests)
  }

  /// For a call whose time has run out, with what it was waiting for.
  init(timeoutOf call: UpstreamCall, dialStage: Connector.Stage?) {
    let waitedFor =
      switch call.stage {
      case .waitingForPermit, .ended: "waiting behind other requests"
      case .waitingForTurn: "waiting to ask again"
      case .underWay(let exchange):
        switch (exchange.stage, dialStage) {
        case (.waiting, .lookingUp): "looking up its address"
        case (.waiting, .connecting): "connecting"
        case (.waiting, .securing): "in the TLS handshake"
        default: exchange.stage.rawValue
        }
      }
    let milliseconds = (call.deadline - call.startedAt).wholeMilliseconds
    self.init(
      .timeout, "no answer within \(milliseconds) ms: \(waitedFor)", requests: call.requests)
  }

  static func circuitOpen(_ delay: Duration) -> UpstreamFailure {
    UpstreamFailure(
      .circuitOpen, "the source has failed repeatedly and is left alone for a while",
      retryAfter: delay)
  }
}
