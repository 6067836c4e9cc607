/// What is going to happen to a data set, soonest first: a binary heap. Events at one moment happen
/// in the order in which they were added.
struct DatasetEvents {
  enum Kind: Equatable {
    /// A session is created now.
    case arrival
    /// A session starts, is heard of, or ends.
    case progress(UInt32)
    /// A session with a creation time in the past appears.
    case backdatedInsert
    case deletion
    case update
  }

  private struct Entry {
    var time: WallTime
    var number: UInt64
    var kind: Kind
  }

  private var heap: [Entry] = []
  private var added: UInt64 = 0

  mutating func add(_ kind: Kind, at time: WallTime) {
    heap.append(Entry(time: time, number: added, kind: kind))
    added += 1
    var index = heap.count - 1
    while index > 0, precedes(index, (index - 1) / 2) {
      heap.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  /// The first event if it is due at `now`.
  mutating func popDue(at now: WallTime) -> (time: WallTime, kind: Kind)? {
    guard let first = heap.first, first.time <= now else { return nil }
    heap[0] = heap[heap.count - 1]
    heap.removeLast()
    var index = 0
    while true {
      var smallest = index
      for child in [2 * index + 1, 2 * index + 2]
      where child < heap.count && precedes(child, smallest) {
        smallest = child
      }
      if smallest == index { return (first.time, first.kind) }
      heap.swapAt(index, smallest)
      index = smallest
    }
  }

  private func precedes(_ left: Int, _ right: Int) -> Bool {
    (heap[left].time, heap[left].number) < (heap[right].time, heap[right].number)
  }
}
