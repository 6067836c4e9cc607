import HTTP

/// What a source says is left of its limit: `RateLimit: "name";r=5;t=30` as the current draft of
/// draft-ietf-httpapi-ratelimit-headers has it, `limit=9, remaining=5, reset=30` as an earlier one had,
/// or `RateLimit-Remaining` and `RateLimit-Reset` (seconds) as most send it.
struct RateLimitAdvice: Equatable {
  var remaining: Int
  var reset: Duration

  init(remaining: Int, reset: Duration) {
    self.remaining = remaining
    self.reset = reset
  }

  /// Nil when the fields say nothing, or nothing that can be read.
  init?(_ fields: Fields) {
    if let combined = fields["ratelimit"], let advice = Self(combined: combined) {
      self = advice
      return
    }
    guard let remaining = fields["ratelimit-remaining"].flatMap(Self.number),
      let seconds = fields["ratelimit-reset"].flatMap(Self.number)
    else { return nil }
    self.init(remaining: remaining, reset: .seconds(seconds))
  }

  /// The tightest of several policies counts.
  private init?(combined: String) {
    var tightest: RateLimitAdvice?
    var remaining: Int?
    var seconds: Int?
    for part in combined.split(whereSeparator: { $0 == "," || $0 == ";" }) {
      let pair = part.split(separator: "=", maxSplits: 1).map { Self.trimmed($0) }
      guard pair.count == 2, let value = Self.number(pair[1]) else { continue }
      switch pair[0].lowercased() {
      case "r", "remaining": remaining = value
      case "t", "reset": seconds = value
      default: continue
      }
      if let left = remaining, let wait = seconds {
        if left <= tightest?.remaining ?? .max {
          tightest = RateLimitAdvice(remaining: left, reset: .seconds(wait))
        }
        remaining = nil
        seconds = nil
      }
    }
    guard let tightest else { return nil }
    self = tightest
  }

  private static func number(_ text: String) -> Int? {
    guard let value = Int(trimmed(text[...])), value >= 0, value <= 1 << 40 else { return nil }
    return value
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
