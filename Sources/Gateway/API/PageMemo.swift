import Bytes
import HTTP
import Sessions
import Transport

/// Answers with first pages that one loop has given lately, so that nothing need be read, merged and
/// written again while the `WindowStore` would give the very same windows. One serves for a query,
/// an `Accept`, a content coding and permissions that are the same to the letter, and never for a
/// cursor. Its own cursor counts from when it was written, and that is a tenth of a cursor's lifetime ago at
/// most. Loop-confined.
final class PageMemo {
  /// All that a first page depends on beside the windows.
  struct Key: Hashable {
    let query: String?
    let accept: [String]
    let coding: ContentCoding
    let permissions: UInt8
  }

  /// A page that came from kept windows alone, and in an order that does not end at the present.
  struct Entry {
    let reads: [PageLoader.Read]
    /// For metrics. Without its rows, which would hold on to the windows.
    let page: PageLoader.Page
    /// For the log.
    let notes: [SourceNote]
    let sources: [Source]
    let limit: Int
    /// Its body is written to by nobody any more.
    let response: Response
    /// When its cursor was signed.
    let madeAt: Instant

    fileprivate var byteCount: Int { response.body?.count ?? 0 }
  }

  /// A few questions are asked all the time; others gain nothing here.
  private static let mostEntries = 32
  /// Of all bodies: for a loop little beside its share of the kept windows.
  private static let mostBytes = 2 << 20
  /// More is a page with `raw`, eight of which would push out the rest.
  private static let longestBody = 256 << 10

  private let store: WindowStore
  private let longestAge: Duration
  private var entries: [Key: Entry] = [:]
  /// Oldest first.
  private var order: [Key] = []
  private var bytes = 0

  /// - Parameter cursorLifetime: of which no answer that is given again takes more than a tenth.
  init(store: WindowStore, cursorLifetime: Duration) {
    self.store = store
    longestAge = cursorLifetime / 10
  }

  /// The page, if reading it now would take the same windows.
  func entry(_ key: Key, at now: Instant) -> Entry? {
    guard let entry = entries[key] else { return nil }
    let notBefore = now + (.zero - store.ttl)
    let isCurrent =
      now - entry.madeAt <= longestAge
      && entry.reads.allSatisfy { read in
        store.window(read.key, read.request, read.direction, notBefore: notBefore)
          .map { $0 === read.window } ?? false
      }
    if !isCurrent { drop(key) }
    return isCurrent ? entry : nil
  }

  func keep(_ entry: Entry, _ key: Key) {
    let count = entry.byteCount
    guard count <= Self.longestBody else { return }
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
    bytes -= entry.byteCount
    order.removeAll { $0 == key }
  }
}

extension PageMemo.Key {
  init(_ exchange: APIExchange) {
    query = exchange.request.query
    accept = exchange.request.fields.values("accept")
    coding = exchange.coding
    permissions = exchange.caller.permissions.rawValue
  }
}
