/// What is stored of one session: the rest of its JSON is a function of seed and serial.
struct SimulatedSession {
  enum Phase: UInt8 {
    case pending, active, completed, failed, canceled
  }

  /// Order of insertion, from 0; never used again.
  var serial: UInt32
  var created: WallTime
  var updated: WallTime
  /// When it leaves `pending`.
  var starts: WallTime
  /// When it ends, or would; `.max` for one that hangs for ever.
  var ends: WallTime
  var phase: Phase
  /// What `phase` becomes at the end.
  var outcome: Phase
  var isSubSession: Bool
  var isTask: Bool
  var isDeleted = false
  /// Times that `update` was called; part of the title, so that an update can be seen.
  var edits: UInt16 = 0

  var hasEnded: Bool { phase.rawValue > Phase.active.rawValue }
}

extension WallTime {
  /// A time that never comes.
  static let never = WallTime(microseconds: .max / 2)
}
