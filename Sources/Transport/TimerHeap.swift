/// A single-shot timer of one loop. Make it once and schedule it again as often as needed: a
/// connection re-arms the same object on every request.
///
/// `@exclusivity(unchecked)`: only the heap below writes either, a value at a time and never `inout`;
/// a dozen comparisons a timer would each be checked.
package final class LoopTimer {
  @exclusivity(unchecked) package fileprivate(set) var deadline = Instant(nanoseconds: 0)
  @exclusivity(unchecked) fileprivate var index = -1
  private let action: () -> Void

  package init(_ action: @escaping () -> Void) { self.action = action }

  package var isScheduled: Bool { index >= 0 }

  package func fire() { action() }
}

/// A binary heap of timers by deadline. Every timer knows its place, so that moving and cancelling
/// cost O(log n) without a search.
struct TimerHeap {
  private var timers: [LoopTimer] = []

  /// Milliseconds for epoll_wait from `now` to the first deadline, rounded up; -1 without a timer.
  func millisecondsToFirst(from now: Instant) -> Int32 {
    guard let first = timers.first else { return -1 }
    let left = first.deadline.nanoseconds - now.nanoseconds
    return left <= 0 ? 0 : Int32(clamping: (left + 999_999) / 1_000_000)
  }

  mutating func schedule(_ timer: LoopTimer, at deadline: Instant) {
    timer.deadline = deadline
    if timer.index < 0 {
      timer.index = timers.count
      timers.append(timer)
    }
    settle(timer.index)
  }

  mutating func cancel(_ timer: LoopTimer) {
    guard timer.index >= 0 else { return }
    remove(timer.index)
  }

  mutating func popDue(at now: Instant) -> LoopTimer? {
    guard let first = timers.first, first.deadline <= now else { return nil }
    remove(0)
    return first
  }

  private mutating func remove(_ index: Int) {
    timers[index].index = -1
    let last = timers.removeLast()
    guard index < timers.count else { return }
    timers[index] = last
    last.index = index
    settle(index)
  }

  private mutating func settle(_ start: Int) {
    var index = start
    while index > 0, timers[index].deadline < timers[(index - 1) / 2].deadline {
      swap(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
    while true {
      var smallest = index
      for child in 2 * index + 1...2 * index + 2
      where child < timers.count && timers[child].deadline < timers[smallest].deadline {
        smallest = child
      }
      if smallest == index { return }
      swap(index, smallest)
      index = smallest
    }
  }

  private mutating func swap(_ left: Int, _ right: Int) {
    timers.swapAt(left, right)
    timers[left].index = left
    timers[right].index = right
  }
}
