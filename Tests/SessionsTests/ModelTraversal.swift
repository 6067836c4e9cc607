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
  /// Chance that a kept window has been dropped by the next page.
  var forgetting = 0.0
  /// Scans that are kept, by source.
  private var scans: [Int: ScannedList] = [:]
  /// Windows fetched so far, by source, the latest last.
  private var kept: [[Window]]
  /// Called before every upstream request and between pages: changes the lists.
  var churn: (inout [ModelUpstream], inout SeededGenerator) -> Void = { _, _ in }
  /// Chance that a request fails.
  var faults = 0.0
  /// The lists may move faster than a place in them is found. As in the gateway, the source then
  /// fails its page; otherwise it ends the traversal.
  var outrunsSearches = false
  /// Ascending orders end at the time of the first page, as in the gateway.
  var endsAtItsStart = false

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
    /// Searches that were outrun.
    var placesNotFound = 0
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
    guard var admitted else {
      result.isFinished = true
      return result
    }
    let order = query.order
    let ranks = upstreams.flatMap(\.rows).map { ModelUpstream.rank($0, order) }
    if endsAtItsStart, !order.descending, let newest = ranks.filter({ $0 < .max }).max() {
      admitted = admitted.lowerBound...max(admitted.lowerBound, min(admitted.upperBound, newest))
    }
    let start = SourcePosition(startingAt: admitted.lowerBound)
    var positions = upstreams.map { _ in start }
    while result.pages < mostPages, result.pagesWithoutProgress < 20 {
      result.pages += 1
      result.pageStarts.append(result.output.count)
      var page = builder(positions, admitted: admitted, limit: limit(&generator))
      kept = kept.map { $0.filter { _ in !generator.chance(forgetting) } }
      let spent = upstreams.map(\.requests)
      var flights: [Flight] = []
      var turns = 0
      while result.isWithinReason(upstreams, spent), turns < 5_000 {
        turns += 1
        var hasArrived = false
        guard let wanted = page.fill() else { break }
        for source in wanted {
          guard let flight = ask(source, of: &page, flights, &generator) else { continue }
          if let kept = flight.kept {
            deliver(kept, from: source, to: &page, &result)
            hasArrived = true
          } else {
            flights.append(flight)
          }
        }
        if !hasArrived {
          guard !flights.isEmpty else { break }
          let next = Int.random(in: flights.indices, using: &generator)
          arrive(flights.remove(at: next), at: &page, &generator, &result)
        }
        if result.failure != nil { return result }
      }
      guard result.isWithinReason(upstreams, spent), turns < 5_000 else { return result }
      for (source, row) in page.rows {
        let id = String(decoding: row.nativeID, as: UTF8.self)
        result.output.append(
          Output(
            source: upstreams[source].name, id: id,
            rank: query.order.rank(of: row.window.rows[row.index])))
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
      sources: zip(upstreams, readers).map {
        PageBuilder.Source(idPrefix: Array("\($0.name):".utf8), reader: $1)
      })
  }

  /// A request under way, or a scan.
  private struct Flight {
    var source: Int
    /// Nil for a scan.
    var request: WindowRequest?
    /// The answer, where the upstream has given it already: the list may change until it arrives.
    var answer: Window?
    /// One that was kept and will do.
    var kept: Window?
  }

  /// Asks for what a source needs next; nil while that is under way already.
  private mutating func ask(
    _ source: Int, of page: inout PageBuilder, _ flights: [Flight],
    _ generator: inout SeededGenerator
  ) -> Flight? {
    if page.sources[source].reader.needsScan {
      guard !flights.contains(where: { $0.source == source }) else { return nil }
      return Flight(source: source)
    }
    guard let request = page.nextRequest(source) else { return nil }
    var flight = Flight(source: source, request: request)
    // As the store does: of those that will do the one that shows most, any number of times.
    if keepsWindows, page.sources[source].reader.acceptsKept, let direction = directions[source] {
      flight.kept = kept[source].filter { $0.serves(request, direction) }.max {
        Self.reach($0, direction) < Self.reach($1, direction)
      }
      if flight.kept != nil { return flight }
    }
    churn(&upstreams, &generator)
    if generator.chance(0.5) { flight.answer = fetch(request, source) }
    return flight
  }

  /// How far a window shows the list in the direction of the walk.
  private static func reach(_ window: Window, _ direction: WalkDirection) -> Int {
    direction == .onward ? window.offset + window.rawCount : -window.offset
  }

  private mutating func arrive(
    _ flight: Flight, at page: inout PageBuilder, _ generator: inout SeededGenerator,
    _ result: inout Result
  ) {
    churn(&upstreams, &generator)
    guard let request = flight.request else {
      return scan(flight.source, of: &page, &generator)
    }
    if generator.chance(faults) { return page.fail(flight.source) }
    let window = flight.answer ?? fetch(request, flight.source)
    deliver(window, from: flight.source, to: &page, &result)
  }

  private mutating func fetch(_ request: WindowRequest, _ source: Int) -> Window {
    let window = upstreams[source].window(request)
    if keepsWindows { kept[source].append(window) }
    return window
  }

  private func deliver(
    _ window: Window, from source: Int, to page: inout PageBuilder, _ result: inout Result
  ) {
    if Self.traces {
      let reader = page.sources[source].reader
      print(
        "page \(result.pages) \(upstreams[source].name) \(window.offset)+\(window.requested) -> \(window.rawCount) of \(upstreams[source].rows.count), frontier \(reader.frontier ?? -1) \(window.rows.map { query.order.rank(of: $0) })"
      )
    }
    do {
      try page.receive(window, from: source)
    } catch .placeNotFound where outrunsSearches {
      page.fail(source)
      result.placesNotFound += 1
    } catch {
      result.failure = error
    }
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
    if generator.chance(faults) { return page.fail(source) }
    var scan = ListScan(
      limits: upstreams[source].limits, order: query.order, rowLimit: scanLimit, concurrency: 3)
    while !scan.isDone {
      for request in scan.nextRequests().shuffled(using: &generator) {
        churn(&upstreams, &generator)
        scan.receive(upstreams[source].window(request), for: request)
      }
    }
    let result = scan.result()
    if Self.traces { print("scan \(upstreams[source].name) \(upstreams[source].rows.count)") }
    scans[source] = result
    page.receive(scan: result, from: source)
  }
}
