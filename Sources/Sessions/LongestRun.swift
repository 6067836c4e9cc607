/// Which rows of a window keep its order: the members of a longest non-decreasing subsequence of
/// their ranks. All others are out of place. One stray row, however far off, is then one row out of
/// place, and not the rest of the window.
struct LongestRun {
  /// Indices of the members, ascending.
  private(set) var members: [Int]

  /// O(n) for an ordered window, O(n log n) otherwise.
  init(of ranks: [SortRank]) {
    if zip(ranks, ranks.dropFirst()).allSatisfy(<=) {
      members = Array(ranks.indices)
      return
    }
    // Patience sorting: `tails[k]` ends the run of length k + 1 with the lowest last rank so far.
    var tails: [Int] = []
    var previous = [Int](repeating: -1, count: ranks.count)
    for index in ranks.indices {
      var low = 0
      var high = tails.count
      while low < high {
        let middle = (low + high) / 2
        if ranks[tails[middle]] <= ranks[index] { low = middle + 1 } else { high = middle }
      }
      previous[index] = low > 0 ? tails[low - 1] : -1
      if low == tails.count { tails.append(index) } else { tails[low] = index }
    }
    members = []
    var index = tails.last ?? -1
    while index >= 0 {
      members.append(index)
      index = previous[index]
    }
    members.reverse()
  }
}
