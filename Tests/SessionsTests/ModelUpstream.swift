import Bytes
import JSON
import Sessions
import Support

/// A list as an upstream keeps it, in memory: what the property tests read through windows while
/// they change it.
struct ModelUpstream {
  struct Row: Equatable {
    var id: String
    var created: Int64
    var updated: Int64?
    var status: SessionStatus
    /// Without a usable id or creation time: it takes up a place in the list and nothing else.
    var isUnusable = false
  }

  var name: String
  var limits: WindowLimits
  /// The list's own; ties are in order of arrival.
  var order = SessionOrder.newestFirst
  var rows: [Row] = []
  /// The list tells its exact length.
  var tellsTotal = false
  /// The first page whatever is asked for.
  var ignoresPaging = false
  /// Says that there is more after every window, also after the last one.
  var promisesMore = false
  private(set) var requests = 0
  private(set) var probes = 0
  private var serial = 0

  init(name: String, limits: WindowLimits) {
    self.name = name
    self.limits = limits
  }

  mutating func nextID(_ generator: inout SeededGenerator) -> String {
    serial += 1
    let number = String(UInt32.random(in: 0 ... .max, using: &generator), radix: 36)
    let padding = generator.chance(0.05) ? String(repeating: "x", count: 50) : ""
    return "\(padding)\(number)-\(serial)"
  }

  /// Inserts where the list's order wants it; among equals, behind those that are there.
  mutating func insert(_ row: Row) {
    let rank = Self.rank(row, order)
    var low = 0
    var high = rows.count
    while low < high {
      let middle = (low + high) / 2
      if Self.rank(rows[middle], order) <= rank { low = middle + 1 } else { high = middle }
    }
    rows.insert(row, at: low)
  }

  static func rank(_ row: Row, _ order: SessionOrder) -> SortRank {
    let value = order.key == .createdAt ? row.created : row.updated
    guard let value else { return .max }
    return order.descending ? -value : value
  }

  mutating func window(_ request: WindowRequest) -> Window {
    requests += 1
    if request.count <= 4 { probes += 1 }
    precondition(request.count >= 1 && request.count <= limits.maximum && request.offset >= 0)
    if case .page = limits.addressing { precondition(request.offset % request.count == 0) }
    let start = ignoresPaging ? 0 : min(request.offset, rows.count)
    let end = min(rows.count, start + request.count)
    let storage = ByteBuffer()
    var sessions: [Session] = []
    var positions: [Int32] = []
    for (position, row) in rows[start..<end].enumerated() where !row.isUnusable {
      positions.append(Int32(position))
      let from = storage.count
      storage.append(row.id)
      var session = Session(
        nativeID: from..<storage.count, createdAt: Timestamp(milliseconds: row.created),
        raw: .absent)
      session.updatedAt = row.updated.map(Timestamp.init(milliseconds:))
      session.status = row.status
      sessions.append(session)
    }
    return Window(
      storage: storage, sessions: sessions, positions: positions, rawCount: end - start,
      rejected: end - start - sessions.count, offset: request.offset, requested: request.count,
      end: ignoresPaging || promisesMore
        ? .further : end - start < request.count ? .here : .further,
      total: tellsTotal ? .init(value: rows.count, isExact: true) : nil)
  }
}
