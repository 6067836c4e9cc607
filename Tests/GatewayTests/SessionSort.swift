import Testing

/// The four orders, each as a plain comparison.
enum SessionSort: String, CaseIterable, CustomTestStringConvertible {
  case newestFirst = "-createdAt"
  case oldestFirst = "createdAt"
  case latestUpdateFirst = "-updatedAt"
  case oldestUpdateFirst = "updatedAt"

  var testDescription: String { rawValue }
  var isDescending: Bool { rawValue.hasPrefix("-") }
  var field: String { isDescending ? String(rawValue.dropFirst()) : rawValue }

  /// Whether `a` comes before `b`: by time, nulls last, then by the id's bytes in the same direction.
  func precedes(_ a: Session, _ b: Session) -> Bool {
    switch (a.text(field), b.text(field)) {
    case (nil, nil): break
    case (nil, _): return false
    case (_, nil): return true
    case (let x?, let y?) where x != y: return isDescending ? x > y : x < y
    default: break
    }
    let (x, y) = (Array(a.id.utf8), Array(b.id.utf8))
    return isDescending ? y.lexicographicallyPrecedes(x) : x.lexicographicallyPrecedes(y)
  }

  func sorted(_ sessions: [Session]) -> [Session] { sessions.sorted(by: precedes) }

  /// Where two neighbours are the wrong way round, in words.
  func disorder(in sessions: [Session]) -> String? {
    for (a, b) in zip(sessions, sessions.dropFirst()) where precedes(b, a) {
      return "\(a.id) \(a.text(field) ?? "null") before \(b.id) \(b.text(field) ?? "null")"
    }
    return nil
  }
}
