/// A window as a walk meets it: its rows in the direction of the requested order, with their ranks,
/// and which of them keep the order.
struct WalkedWindow {
  let window: Window
  let direction: WalkDirection
  /// Ranks of `window.rows` in walk order.
  let ranks: [SortRank]
  /// Indices into `ranks` of the rows that keep the order.
  let members: [Int]

  init(_ window: Window, order: SessionOrder, direction: WalkDirection) {
    self.window = window
    self.direction = direction
    let count = window.rows.count
    ranks =
      switch direction {
      case .onward: window.rows.map(order.rank(of:))
      case .backward: (0..<count).map { order.rank(of: window.rows[count - 1 - $0]) }
      }
    members = LongestRun(of: ranks).members
  }

  var strays: Int { ranks.count - members.count }

  /// The first rows of the requested order that this source has are in this window.
  var touchesStart: Bool {
    switch direction {
    case .onward: window.offset == 0
    case .backward: window.end == .here && (window.rawCount > 0 || window.offset == 0)
    }
  }

  /// Nothing comes after this window in the requested order.
  var touchesEnd: Bool {
    switch direction {
    case .onward: window.end == .here && (window.rawCount > 0 || window.offset == 0)
    case .backward: window.offset == 0
    }
  }

  /// Index into `window.rows` of the row at `index` in walk order.
  func sessionIndex(_ index: Int) -> Int {
    direction == .onward ? index : window.rows.count - 1 - index
  }

  /// Offset in the upstream's list of the row at `index` in walk order.
  func listOffset(_ index: Int) -> Int {
    window.offset + Int(window.positions[sessionIndex(index)])
  }

  /// Whether the session at `index` of another window is in this one too, among some of its rows,
  /// and has the same rank there: one that was updated since stands elsewhere.
  func has(_ other: WalkedWindow, _ index: Int, among rows: Range<Int>) -> Bool {
    let id = RowIdentity(other.window, other.sessionIndex(index))
    return rows.reversed().contains {
      ranks[$0] == other.ranks[index] && RowIdentity(window, sessionIndex($0)) == id
    }
  }

  /// Number of rows that keep the order and come strictly before `rank`.
  func membersBefore(_ rank: SortRank) -> Int { firstMember { $0 >= rank } }

  /// Number of rows that keep the order and come before `rank` or have it.
  func membersUpTo(_ rank: SortRank) -> Int { firstMember { $0 > rank } }

  /// The first member whose rank satisfies what all after it do.
  private func firstMember(where holds: (SortRank) -> Bool) -> Int {
    var low = 0
    var high = members.count
    while low < high {
      let middle = (low + high) / 2
      if holds(ranks[members[middle]]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

/// How the requested order runs through an upstream's list.
package enum WalkDirection: Sendable {
  /// The list is in the requested order: offsets ascend.
  case onward
  /// The list is in the reversed order: it is read from its end, offsets descend.
  case backward
}
