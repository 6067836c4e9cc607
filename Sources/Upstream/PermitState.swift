import Transport

/// Requests of one source under way over all loops, and the loops that wait for their end, in order.
///
/// A permit that is given back goes to the loop that has waited longest, or stays where it is: waking
/// another loop for each request cost a twentieth of a page.
struct PermitState {
  /// How many places from the front a loop may be that keeps its own permit, and how often in a row the
  /// front waits for such loops. With 16 for 2, one loop held the permits that the other's pages wanted, and
  /// with 64 connections pages took a fifth longer.
  static let patience = 2

  private let limit: Int
  private(set) var used = 0
  private var waiting: [EventLoop.Handle] = []
  private var firstWaiting = 0
  private var passes = 0

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
  /// - Parameter own: the loop that gives it back.
  mutating func giveBack(from own: EventLoop.Handle) -> EventLoop.Handle? {
    guard firstWaiting < waiting.count else {
      used -= 1
      return nil
    }
    moveToFront(own)
    let next = waiting[firstWaiting]
    firstWaiting += 1
    // The array is a queue whose front is cut off when it is as long as the rest.
    if firstWaiting * 2 >= waiting.count {
      waiting.removeFirst(firstWaiting)
      firstWaiting = 0
    }
    return next
  }

  private mutating func moveToFront(_ own: EventLoop.Handle) {
    let near = firstWaiting..<min(firstWaiting + Self.patience, waiting.count)
    guard passes < Self.patience, let place = near.first(where: { waiting[$0] === own }),
      place > firstWaiting
    else {
      passes = 0
      return
    }
    passes += 1
    for index in stride(from: place, to: firstWaiting, by: -1) {
      waiting.swapAt(index, index - 1)
    }
  }
}
