import Foundation
import Sessions
import Support

/// Walks a merged list to its end through `PageBuilder`, as the gateway does: positions travel from
/// page to page in a signed cursor, windows are asked for one by one.
struct ModelTraversal {
  var upstreams: [ModelUpstream]
  var query = SessionQuery()
  /// Set per source: nil is to be scanned.
  var directions: [WalkDirection?]
  var pageBudget = 8
  var scanLimit = 10_000
  var readsAhead = false
  /// Answers from windows that were fetched for earlier pages, as the gateway's store does.
  var keepsWindows = false
  /// Scans that are kept, by source.
  private var scans: [Int: ScannedList] = [:]
  /// Windows fetched so far, by source, the latest last.
  private var kept: [[Window]]
  /// Called before every upstream request and between pages: changes the lists.
  var churn: (inout [ModelUpstream], inout SeededGenerator) -> Void = { _, _ in }
  /// Chance that a request fails.
  var faults = 0.0

  /// Prints every request, for looking at one seed.
  static let traces = ProcessInfo.processInfo.environment["TRACE"] != nil

  struct Output: Equatable {
    var source: String
    var id: String
    var rank: SortRank
  }

  struct Result {
    var output: [Output] = []
    var pages = 0
    var reports: [OrderReport] = []
    var longestCursor = 0
    var failure: SourceReader.Fault?
    /// Index into `output` at which each page begins.
    var pageStarts: [Int] = []
    var pagesWithFailure = 0
    /// Pages that left every position where it was, though no source failed.
    var pagesWithoutProgress = 0
    /// What each page cost, by source.
    var costs: [[Cost]] = []
    var isFinished = false
    /// A page that asks for more than this goes round in circles.
    fileprivate func isWithinReason(_ upstreams: [ModelUpstream], _ spent: [Int]) -> Bool {
      zip(upstreams, spent).allSatisfy { $0.requests - $1 < 500 + $0.rows.count }
    }
    var worstReport: OrderReport { reports.max() ?? .native }
  }

  struct Cost {
    /// Upstream requests made for the page.
    var requests: Int
    /// Those that count against the budget.
    var reads: Int
    var wasExhausted: Bool
    var total: Window.Total?
  }

  init(_ upstreams: [ModelUpstream], directions: [WalkDirection?]? = nil) {
    self.upstreams = upstreams
    self.directions = directions ?? upstreams.map { _ in .onward }
    kept = upstreams.map { _ in [] }
  }

  mutating func run(
    limit: (inout SeededGenerator) -> Int, generator: inout SeededGenerator,
    mostPages: Int = 3_000
  ) -> Result {
    var result = Result()
    let signer = CursorSigner(secrets: [Array("secret".utf8)], lifetime: .seconds(60))
    let admitted = query.order.admittedRanks(query.filter)
    guard let admitted else {
      result.isFinished = true
      return result
    }
    let start = SourcePosition(startingAt: admitted.lowerBound)
    var positions = upstreams.map { _ in start }
    while result.pages < mostPages, result.pagesWithoutProgress < 20 {
      result.pages += 1
      result.pageStarts.append(result.output.count)
      var page = builder(positions, admitted: admitted, limit: limit(&generator))
      var offered = kept
      let spent = upstreams.map(\.requests)
      var turns = 0
      while result.isWithinReason(upstreams, spent), turns < 5_000 {
        turns += 1
        let wanted = page.fill()
        if wanted.isEmpty { break }
        for source in wanted { serve(source, of: &page, &offered, &generator, &result) }
        if result.failure != nil { return result }
      }
      guard result.isWithinReason(upstreams, spent), turns < 5_000 else { return result }
      for (source, row) in page.rows {
        let id = String(decoding: row.nativeID, as: UTF8.self)
        result.output.append(
          Output(source: upstreams[source].name, id: id, rank: query.order.rank(of: row.session)))
      }
      result.costs.append(
        upstreams.indices.map { source in
          let report = page.sources[source].reader.report
          return Cost(
            requests: upstreams[source].requests - spent[source], reads: report.reads,
            wasExhausted: positions[source].isExhausted, total: report.total)
        })
      result.reports += page.sources.map(\.reader.report.order)
      if page.sources.contains(where: \.hasFailed) { result.pagesWithFailure += 1 }
      guard page.hasMore else {
        result.isFinished = true
        return result
      }
      if !page.sources.contains(where: \.hasFailed), !Self.hasMoved(positions, page.positions) {
        result.pagesWithoutProgress += 1
      }
      let cursor = Cursor(
        query: query.fingerprint, startedAt: .init(milliseconds: 0),
        issuedAt: .init(milliseconds: 0),
        sources: zip(upstreams, page.positions).map { .init(name: $0.name, position: $1) })
      let text = signer.text(cursor)
      result.longestCursor = max(result.longestCursor, text.utf8.count)
      guard
        let read = try? signer.cursor(
          text, query: query.fingerprint, now: .init(milliseconds: 1_000))
      else { return result }
      positions = read.sources.map(\.position)
      churn(&upstreams, &generator)
    }
    return result
  }

  private func builder(
    _ positions: [SourcePosition], admitted: ClosedRange<SortRank>, limit: Int
  ) -> PageBuilder {
    let readers = upstreams.indices.map { source in
      SourceReader(
        plan: SourcePlan(
          order: query.order, direction: directions[source], limits: upstreams[source].limits,
          matcher: SessionMatcher(query.filter), admitted: admitted, limit: limit,
          readsAhead: readsAhead, scanLimit: scanLimit),
        position: positions[source])
    }
    return PageBuilder(
      order: query.order, limit: limit, pageBudget: pageBudget,
      sources: zip(upstreams, readers).map { ($0.name, $1) })
  }

  private mutating func serve(
    _ source: Int, of page: inout PageBuilder, _ offered: inout [[Window]],
    _ generator: inout SeededGenerator, _ result: inout Result
  ) {
    if page.sources[source].reader.needsScan { return scan(source, of: &page, &generator) }
    guard let request = page.nextRequest(source) else { return }
    churn(&upstreams, &generator)
    if generator.chance(faults) { return page.fail(source) }
    do {
      let window = window(request, source, acceptsKept: page.sources[source].reader, &offered)
      if Self.traces {
        print(
          "page \(result.pages) \(upstreams[source].name) \(request) -> \(window.rawCount) of \(upstreams[source].rows.count), frontier \(page.sources[source].reader.frontier ?? -1)"
        )
      }
      try page.receive(window, from: source)
    } catch {
      result.failure = error
    }
  }

  /// A kept window serves a page once; the store has no use for asking it again.
  private mutating func window(
    _ request: WindowRequest, _ source: Int, acceptsKept reader: SourceReader,
    _ offered: inout [[Window]]
  ) -> Window {
    if keepsWindows, reader.acceptsKept, let direction = directions[source],
      let index = offered[source].lastIndex(where: { $0.serves(request, direction) })
    {
      return offered[source].remove(at: index)
    }
    let window = upstreams[source].window(request)
    if keepsWindows { kept[source].append(window) }
    return window
  }

  /// Whether a page has brought the traversal on: the cursor says something new, hints aside.
  private static func hasMoved(_ old: [SourcePosition], _ new: [SourcePosition]) -> Bool {
    zip(old, new).contains { old, new in
      var old = old
      old.hint = new.hint
      return old != new
    }
  }

  private mutating func scan(
    _ source: Int, of page: inout PageBuilder, _ generator: inout SeededGenerator
  ) {
    if keepsWindows, let kept = scans[source] { return page.receive(scan: kept, from: source) }
    var scan = ListScan(
      limits: upstreams[source].limits, order: query.order, rowLimit: scanLimit, concurrency: 3)
    while !scan.isDone {
      for request in scan.nextRequests().shuffled(using: &generator) {
        churn(&upstreams, &generator)
        if generator.chance(faults) { return page.fail(source) }
        scan.receive(upstreams[source].window(request), for: request)
      }
    }
    let result = scan.result()
    scans[source] = result
    page.receive(scan: result, from: source)
  }
}
