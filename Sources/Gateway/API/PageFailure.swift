import Upstream

/// When a page that could not be read from every source is a problem instead of an answer.
enum PageFailure {
  static func check(_ page: PageLoader.Page, deniesPartial: Bool) throws(Problem) {
    let failed = page.outcomes.filter { $0.failure != nil }
    guard let first = failed.first, let failure = first.failure else {
      guard deniesPartial, page.isPartial else { return }
      throw Problem(.upstreamFailed, "a source's list is longer than can be read in full")
    }
    if deniesPartial { throw Problem(failure, source: first.name) }
    guard failed.count == page.outcomes.count, page.rows.isEmpty else { return }
    let failures = failed.compactMap(\.failure)
    let detail = failed.compactMap { outcome in
      outcome.failure.map { "source \(outcome.name): \($0.message)" }
    }.joined(separator: "; ")
    if failures.allSatisfy({ $0.code == .timeout }) { throw Problem(.upstreamTimeout, detail) }
    if failures.allSatisfy({ $0.code == .rateLimited || $0.code == .circuitOpen }) {
      let wait = failures.compactMap(\.retryAfter).min()
      throw Problem(.upstreamLimited, detail, retryAfter: wait.map(Problem.seconds))
    }
    throw Problem(.upstreamFailed, detail)
  }
}
