/// The known name that a misspelt one most likely means.
enum NearestName {
  /// Nil when none is near: then a suggestion would mislead.
  static func to(_ name: String, among known: [String]) -> String? {
    // A longer name has no known one near it, and the comparison takes time by its length.
    guard name.utf8.count <= 80 else { return nil }
    let wanted = Array(name.lowercased().utf8)
    let nearest = known.map { ($0, distance(wanted, Array($0.lowercased().utf8))) }
      .min { ($0.1, $0.0) < ($1.1, $1.0) }
    guard let (found, distance) = nearest, distance <= max(2, wanted.count / 3) else { return nil }
    return found
  }

  /// Levenshtein's: single insertions, deletions and replacements.
  static func distance(_ from: [UInt8], _ to: [UInt8]) -> Int {
    var row = Array(0...to.count)
    for (index, byte) in from.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for column in to.indices {
        let replaced = diagonal + (to[column] == byte ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(replaced, row[column] + 1, diagonal + 1)
      }
    }
    return row[to.count]
  }
}
