/// The serials of a data set in the order of a key, kept in order by insertion, so that a window
/// anywhere in it costs no more than its rows.
struct SessionIndex {
  enum Key: Sendable { case created, updated }

  private struct Entry {
    var key: Int64
    var serial: UInt32
  }

  let key: Key
  /// Leaves out what Athena leaves out by default: sub-sessions and task runs.
  let isPlain: Bool
  private let disorder: ListDisorder
  private let seed: UInt64
  /// Ascending by key; equal keys latest first, so that read from the end they come in the order of
  /// their insertion.
  private var entries: [Entry] = []

  init(key: Key, isPlain: Bool, disorder: ListDisorder, seed: UInt64) {
    self.key = key
    self.isPlain = isPlain
    self.disorder = disorder
    self.seed = seed
  }

  var count: Int { entries.count }

  mutating func fill(with sessions: [SimulatedSession]) {
    entries = sessions.filter(holds).map { Entry(key: sortKey($0), serial: $0.serial) }
    entries.sort(by: precedes)
  }

  mutating func insert(_ session: SimulatedSession) {
    guard holds(session) else { return }
    let entry = Entry(key: sortKey(session), serial: session.serial)
    entries.insert(entry, at: position(of: entry))
  }

  /// `session` is as it was when it was inserted.
  mutating func remove(_ session: SimulatedSession) {
    let entry = Entry(key: sortKey(session), serial: session.serial)
    let index = position(of: entry)
    guard index < entries.count, entries[index].serial == session.serial else { return }
    entries.remove(at: index)
  }

  /// The row at `offset` of the list as it is served.
  func serial(at offset: Int, ascending: Bool) -> UInt32 {
    let forward = ascending != (disorder == .ascending)
    let index = forward ? offset : entries.count - 1 - offset
    guard case .swapped(let rate) = disorder, index ^ 1 < entries.count else {
      return entries[index].serial
    }
    // Pairs count from the old end, so that inserts at the head move no pair.
    var dice = Dice(seed: seed, stream: UInt64(index >> 1))
    return entries[dice.chance(rate) ? index ^ 1 : index].serial
  }

  /// Positions, counted from the lowest key, of the rows with keys in `range`.
  func positions(in range: ClosedRange<Int64>) -> Range<Int> {
    let start = position(of: Entry(key: range.lowerBound, serial: .max))
    let end =
      range.upperBound == .max
      ? entries.count : position(of: Entry(key: range.upperBound + 1, serial: .max))
    return start..<max(start, end)
  }

  private func holds(_ session: SimulatedSession) -> Bool {
    !session.isDeleted && !(isPlain && (session.isSubSession || session.isTask))
  }

  private func sortKey(_ session: SimulatedSession) -> Int64 {
    let time = key == .created ? session.created : session.updated
    switch disorder {
    case .none, .swapped, .ascending: return time.microseconds
    case .random: return Int64(bitPattern: Dice.mix(seed ^ UInt64(session.serial)))
    case .strays(let rate):
      var dice = Dice(seed: seed, stream: UInt64(session.serial))
      guard dice.chance(rate) else { return time.microseconds }
      return time.microseconds
        + dice.between(-ListDisorder.farthestStray, ListDisorder.farthestStray)
    }
  }

  private func precedes(_ left: Entry, _ right: Entry) -> Bool {
    left.key != right.key ? left.key < right.key : left.serial > right.serial
  }

  private func position(of entry: Entry) -> Int {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if precedes(entries[middle], entry) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// Ways in which an upstream's list can be out of the order it should have.
package enum ListDisorder: Sendable, Equatable {
  case none
  /// That share of neighbouring pairs is the wrong way round.
  case swapped(rate: Double)
  /// That share of rows stands up to twenty days from its place.
  case strays(rate: Double)
  case random
  /// The whole list the wrong way round.
  case ascending

  static let farthestStray: Int64 = 20 * 86_400_000_000
}
