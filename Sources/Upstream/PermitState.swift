import Transport

/// Requests of one source under way over all loops, and the loops that wait for their end, in order:
/// a permit that is given back goes to the loop that has waited longest.
struct PermitState {
  private let limit: Int
  private(set) var used = 0
  private var waiting: [EventLoop.Handle] = []
  private var firstWaiting = 0

  init(limit: Int) { self.limit = limit }

  /// Permits that loops wait for.
  var awaited: Int { waiting.count - firstWaiting }

  /// Takes a permit, if one is free and nobody has waited for it.
  mutating func take() -> Bool {
    guard used < limit, firstWaiting == waiting.count else { return false }
    used += 1
    return true
  }

  mutating func wait(_ loop: EventLoop.Handle) { waiting.append(loop) }

  /// Gives a permit back: to the loop returned, which now holds it, or to nobody.
  mutating func giveBack() -> EventLoop.Handle? {
    guard firstWaiting < waiting.count else {
      used -= 1
      return nil
    }
    let next = waiting[firstWaiting]
    firstWaiting += 1
    // The array is a queue whose front is cut off when it is as long as the rest.
    if firstWaiting * 2 >= waiting.count {
      waiting.removeFirst(firstWaiting)
      firstWaiting = 0
    }
    return next
  }
}
