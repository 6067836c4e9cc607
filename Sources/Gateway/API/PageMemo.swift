import Bytes
import HTTP
import Sessions
import Transport

/// First pages that one loop has written lately, so that the rows need not be read, merged and written
/// again while the `WindowStore` would give the very same windows. It answers for a query, an
/// `Accept` and permissions that are the same to the letter, and never for a cursor. Loop-confined.
final class PageMemo {
  /// All that the rows of a first page depend on beside the windows.
  struct Key: Hashable {
    let query: String?
    let accept: [String]
    let permissions: UInt8

    init(_ exchange: APIExchange) {
      query = exchange.request.query
      accept = exchange.request.fields.values("accept")
      permissions = exchange.caller.permissions.rawValue
    }
  }

  /// A page that came from kept windows alone, and in an order that does not end at the present.
  struct Entry {
    let reads: [PageLoader.Read]
    let traversal: Traversal
    let sources: [Source]
    /// Without its rows, which would hold on to the windows.
    let page: PageLoader.Page
    let presentation: PagePresentation
    let rows: PagePresentation.WrittenRows
  }

  /// A few questions are asked all the time; others gain nothing here.
  private static let mostEntries = 32
  /// Of all rows: for a loop little beside its share of the kept windows.
  private static let mostBytes = 2 << 20
  /// More is a page with `raw`, eight of which would push out the rest.
  private static let longestRows = 256 << 10

  private let store: WindowStore
  private var entries: [Key: Entry] = [:]
  /// Oldest first.
  private var order: [Key] = []
  private var bytes = 0

  init(store: WindowStore) { self.store = store }

  /// The page, if reading it now would take the same windows.
  func entry(_ key: Key, at now: Instant) -> Entry? {
    guard let entry = entries[key] else { return nil }
    let notBefore = now + (.zero - store.ttl)
    let isCurrent = entry.reads.allSatisfy { read in
      store.window(read.key, read.request, read.direction, notBefore: notBefore)
        .map { $0 === read.window } ?? false
    }
    if !isCurrent { drop(key) }
    return isCurrent ? entry : nil
  }

  func keep(_ entry: Entry, _ key: Key) {
    let count = entry.rows.bytes.count
    guard count <= Self.longestRows else { return }
    drop(key)
    while order.count >= Self.mostEntries || bytes + count > Self.mostBytes,
      let oldest = order.first
    {
      drop(oldest)
    }
    entries[key] = entry
    order.append(key)
    bytes += count
  }

  private func drop(_ key: Key) {
    guard let entry = entries.removeValue(forKey: key) else { return }
    bytes -= entry.rows.bytes.count
    order.removeAll { $0 == key }
  }
}
