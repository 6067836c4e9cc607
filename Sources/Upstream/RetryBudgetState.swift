import Transport

/// Keeps retries from multiplying an outage: within ten seconds at most a fifth of the requests, and
/// always three. Counted in slots of one second: requests of the last nine to ten seconds, retries of
/// the last ten to eleven, so that no stretch of ten seconds holds more than that.
struct RetryBudgetState {
  private static let seconds = 10
  private static let alwaysAllowed = 3
  private static let requestsPerRetry = 5

  private struct Slot {
    var second: Int64 = -1
    var requests = 0
    var retries = 0
  }

  private var slots = [Slot](repeating: Slot(), count: seconds + 1)

  mutating func countRequest(at now: Instant) {
    slots[slot(at: now)].requests += 1
  }

  /// Whether one more retry is allowed; it is counted when it is.
  mutating func takeRetry(at now: Instant) -> Bool {
    let current = slot(at: now)
    guard left(at: slots[current].second) > 0 else { return false }
    slots[current].retries += 1
    return true
  }

  /// Retries that are left.
  func remaining(at now: Instant) -> Int { left(at: now.nanoseconds / 1_000_000_000) }

  private func left(at second: Int64) -> Int {
    let oldest = second - Int64(Self.seconds)
    var requests = 0
    var retries = 0
    for slot in slots where slot.second >= oldest {
      retries += slot.retries
      if slot.second > oldest { requests += slot.requests }
    }
    return max(0, max(Self.alwaysAllowed, requests / Self.requestsPerRetry) - retries)
  }

  private mutating func slot(at now: Instant) -> Int {
    let second = now.nanoseconds / 1_000_000_000
    let index = Int(second % Int64(slots.count))
    if slots[index].second != second { slots[index] = Slot(second: second) }
    return index
  }
}
