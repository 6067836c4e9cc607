import Transport

/// Keeps retries from multiplying an outage: within ten seconds at most a fifth of the requests, and
/// always three. Counted in slots of one second.
struct RetryBudgetState {
  private static let window = 10
  private static let alwaysAllowed = 3
  private static let requestsPerRetry = 5

  private struct Slot {
    var second: Int64 = -1
    var requests = 0
    var retries = 0
  }

  private var slots = [Slot](repeating: Slot(), count: window)

  mutating func countRequest(at now: Instant) {
    slots[slot(at: now)].requests += 1
  }

  /// Whether one more retry is allowed; it is counted when it is.
  mutating func takeRetry(at now: Instant) -> Bool {
    let current = slot(at: now)
    let oldest = slots[current].second - Int64(Self.window)
    let recent = slots.filter { $0.second > oldest }
    let requests = recent.reduce(0) { $0 + $1.requests }
    let retries = recent.reduce(0) { $0 + $1.retries }
    guard retries < max(Self.alwaysAllowed, requests / Self.requestsPerRetry) else { return false }
    slots[current].retries += 1
    return true
  }

  private mutating func slot(at now: Instant) -> Int {
    let second = now.nanoseconds / 1_000_000_000
    let index = Int(second % Int64(Self.window))
    if slots[index].second != second { slots[index] = Slot(second: second) }
    return index
  }
}
