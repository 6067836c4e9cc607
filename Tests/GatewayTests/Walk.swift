import Testing

/// A traversal from the first page to the end.
struct Walk {
  private(set) var pages: [Page] = []
  private(set) var sessions: [Session] = []

  var ids: [String] { sessions.map(\.id) }

  /// - Parameters:
  ///   - clients: asked in turn, a page each.
  ///   - cursor: where to start; nil for the first page.
  ///   - between: called after each page but the last with its number, from 1.
  init(
    _ clients: [GatewayClient], _ query: String = "", limit: Int, from cursor: String? = nil,
    mostPages: Int = 400, between: (Int, Page) throws -> Void = { _, _ in },
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    var cursor = cursor
    repeat {
      let number = pages.count
      let parts = [query, "limit=\(limit)", cursor.map { "cursor=\($0)" } ?? ""]
      let page = try clients[number % clients.count].page(
        parts.filter { !$0.isEmpty }.joined(separator: "&"), sourceLocation: sourceLocation)
      pages.append(page)
      sessions += page.sessions
      #expect(page.sessions.count <= limit, sourceLocation: sourceLocation)
      #expect((page.cursor != nil) == page.hasMore, sourceLocation: sourceLocation)
      let isStuck = pages.count > 30 && pages.suffix(30).allSatisfy(\.sessions.isEmpty)
      if isStuck || page.cursor != nil && page.cursor == cursor && page.isPartial != true {
        Issue.record(
          "\(query) limit \(limit) does not get beyond page \(number + 1): \(page.object)",
          sourceLocation: sourceLocation)
        return
      }
      cursor = page.cursor
      if cursor != nil { try between(pages.count, page) }
    } while cursor != nil && pages.count < mostPages
    #expect(cursor == nil, "no end after \(mostPages) pages", sourceLocation: sourceLocation)
  }

  /// Ids that come more than once.
  var doubles: [String] {
    Dictionary(grouping: ids) { $0 }.filter { $0.value.count > 1 }.keys.sorted()
  }

  func cost(_ source: String) -> Int {
    pages.reduce(0) { $0 + ($1.count("upstreamRequests", source) ?? 0) }
  }
}
