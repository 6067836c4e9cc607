package import Bytes
import Sessions
import Transport
import Upstream

/// One run of `list`: reads a page, or one after another to the end, writes each as it comes, and
/// says what is missing.
package struct Listing {
  /// How it touches the world; tests have their own.
  package struct Surroundings {
    package var terminal: Terminal
    package var write: (ByteBuffer) -> OutputPipe.Outcome
    /// Puts text on standard error as it is.
    package var tell: (String) -> Void
    package var wait: (Duration) -> Void

    package init(
      terminal: Terminal, write: @escaping (ByteBuffer) -> OutputPipe.Outcome,
      tell: @escaping (String) -> Void, wait: @escaping (Duration) -> Void
    ) {
      self.terminal = terminal
      self.write = write
      self.tell = tell
      self.wait = wait
    }
  }

  /// Pages in a row that a failed source may keep empty before the walk is given up.
  private static let emptyPages = 3
  /// A source that asks for more patience than this is asked again next time.
  private static let longestWait = Duration.seconds(30)
  /// What the API takes on a page at most: fewer, larger requests.
  private static let limitForAll = ListParameters.limits.upperBound

  private let reader: PageReader
  private let surroundings: Surroundings
  private let format: ListArguments.Format
  private let readsAll: Bool
  private let cursorsEndHere: Bool
  private var parameters: ListParameters
  private var table: SessionTable
  private var sessions = 0
  private var pages = 0
  private var emptied = 0
  private var isTruncated = false
  /// Names of the sources that failed on the page before.
  private var failing: [String] = []

  /// - Throws: a problem that names the parameter at fault.
  package init(
    _ arguments: ListArguments, _ gateway: GatewayState, _ surroundings: Surroundings
  ) throws(Problem) {
    parameters = try ListParameters(
      arguments.pairs, sources: gateway.sources.map(\.name), providers: gateway.providers)
    if arguments.readsAll, arguments.parameters["limit"] == nil {
      parameters.limit = Self.limitForAll
    }
    reader = PageReader(gateway)
    self.surroundings = surroundings
    format = arguments.format
    readsAll = arguments.readsAll
    cursorsEndHere = gateway.configuration.cursor.isRandom
    table = SessionTable(parameters, surroundings.terminal)
  }

  /// - Returns: the exit status.
  /// - Throws: a problem with the cursor.
  package mutating func run() throws(Problem) -> Int32 {
    while true {
      showProgress()
      let read = try reader.page(parameters)
      clearProgress()
      let refusal = refusal(read.page)
      tellFailures(read.page)
      if refusal == nil {
        switch write(read) {
        case .written: break
        case .closed: return ExitStatus.success
        case .failed(let code):
          tell("standard output: \(TransportError.system(call: "write", errno: code))")
          return ExitStatus.failure
        }
      }
      let failed = read.page.outcomes.contains { $0.failure != nil }
      emptied = failed && (read.page.rows.isEmpty || refusal != nil) ? emptied + 1 : 0
      let isRefused = refusal != nil && (!readsAll || parameters.deniesPartial)
      guard readsAll, !isRefused, emptied < Self.emptyPages, let next = read.nextCursor else {
        return end(read, refusal)
      }
      parameters.cursor = next
      if emptied > 0 { waitForSources(read.page) }
    }
  }

  /// Why a page is nothing to print.
  private func refusal(_ page: PageLoader.Page) -> Problem? {
    do throws(Problem) {
      try PageFailure.check(page, deniesPartial: parameters.deniesPartial)
      return nil
    } catch {
      return error
    }
  }

  private mutating func write(_ read: PageReader.Outcome) -> OutputPipe.Outcome {
    let output = ByteBuffer(capacity: 64 * 1_024)
    // Who can start the program with its keys may see what they open.
    let rows = PageRows(parameters, of: read.sources, showsContact: true)
    switch format {
    case .table: table.write(read.page.rows, rows.writers, to: output)
    case .ndjson: _ = rows.write(read.page.rows, as: .ndjson, to: output)
    case .csv: _ = rows.write(read.page.rows, as: .csv, isFirst: pages == 0, to: output)
    }
    pages += 1
    sessions += read.page.rows.count
    isTruncated = isTruncated || read.page.outcomes.contains { $0.report.order == .truncated }
    return surroundings.write(output)
  }

  private mutating func waitForSources(_ page: PageLoader.Page) {
    let waits = page.outcomes.compactMap { $0.failure?.retryAfter }
    let wait = min(waits.max() ?? .seconds(1), Self.longestWait)
    showProgress(", waiting for \(failing.joined(separator: ", "))")
    surroundings.wait(wait)
    clearProgress()
  }

  // MARK: What is said

  private func end(_ read: PageReader.Outcome, _ refusal: Problem?) -> Int32 {
    let isUnfinished = !failing.isEmpty && (!readsAll || read.nextCursor != nil)
    let failed = read.page.outcomes.filter { $0.failure != nil }
    if failed.count == read.page.outcomes.count, !failed.isEmpty, sessions == 0 {
      tell("every source failed")
      return ExitStatus.unavailable
    }
    if isTruncated { tell("a source's list is longer than query.scanLimit: its rest is missing") }
    if isUnfinished { tell("sessions of \(failing.joined(separator: ", ")) are missing") }
    if refusal == nil, !isUnfinished, read.nextCursor == nil, format == .table, sessions == 0 {
      tell("no session matches")
    }
    if !readsAll, refusal == nil, let next = read.nextCursor {
      // A secret made at start, and so the cursor, ends with this process.
      let cursor = cursorsEndHere ? "" : ", --cursor \(next) goes on"
      tell("there are more: --all reads them\(cursor)")
    }
    return isTruncated || isUnfinished || refusal != nil ? ExitStatus.partial : ExitStatus.success
  }

  /// Says once when a source begins to fail.
  private mutating func tellFailures(_ page: PageLoader.Page) {
    let outcomes = page.outcomes.filter { $0.failure != nil }
    for outcome in outcomes where !failing.contains(outcome.name) {
      tell("source \(outcome.name) failed: \(outcome.failure?.message ?? "")")
    }
    failing = outcomes.map(\.name)
  }

  private func tell(_ line: String) { surroundings.tell("sessions-gateway: \(line)\n") }

  private func showProgress(_ what: String = "") {
    guard surroundings.terminal.showsProgress, pages > 0 || !what.isEmpty else { return }
    surroundings.tell("\r\(sessions) sessions on \(pages) pages read\(what)\u{1B}[K")
  }

  private func clearProgress() {
    if surroundings.terminal.showsProgress { surroundings.tell("\r\u{1B}[K") }
  }
}
