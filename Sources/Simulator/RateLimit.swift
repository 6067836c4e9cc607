import HTTP

/// How many requests an upstream grants, and how it says so.
package struct RateLimit: Sendable, Equatable {
  package enum Spelling: Sendable, Equatable {
    /// `RateLimit-Limit`, `RateLimit-Remaining`, `RateLimit-Reset`.
    case threeFields
    /// `RateLimit-Policy` and `RateLimit`, as newer drafts have it.
    case oneField
  }

  package var requests: Int
  package var window: Duration
  package var spelling: Spelling

  package init(requests: Int, per window: Duration, spelling: Spelling = .threeFields) {
    self.requests = requests
    self.window = window
    self.spelling = spelling
  }
}

/// What is left of a rate limit in its current fixed window.
struct RequestAllowance {
  let limit: RateLimit
  private var used = 0
  private var end: WallTime

  init(_ limit: RateLimit, now: WallTime) {
    self.limit = limit
    end = now + limit.window
  }

  /// False when nothing is left.
  mutating func take(at now: WallTime) -> Bool {
    if now >= end {
      used = 0
      end = now + limit.window
    }
    guard used < limit.requests else { return false }
    used += 1
    return true
  }

  func describe(in response: inout Response, at now: WallTime) {
    let left = limit.requests - used
    let seconds = max(0, (end.microseconds - now.microseconds + 999_999) / 1_000_000)
    switch limit.spelling {
    case .threeFields:
      response.fields.append("RateLimit-Limit", "\(limit.requests)")
      response.fields.append("RateLimit-Remaining", "\(left)")
      response.fields.append("RateLimit-Reset", "\(seconds)")
    case .oneField:
      let window = limit.window.components.seconds
      response.fields.append("RateLimit-Policy", "\"default\";q=\(limit.requests);w=\(window)")
      response.fields.append("RateLimit", "\"default\";r=\(left);t=\(seconds)")
    }
    if response.status == 429 { response.fields.append("Retry-After", "\(seconds)") }
  }
}
