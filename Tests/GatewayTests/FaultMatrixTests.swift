import Support
import Testing

/// Every fault of a source over real sockets, and what becomes of it: the page, the others on it, and
/// the page after the fault has gone. Prints what it found as a table.
@Suite struct FaultMatrixTests {
  private struct Result {
    var row: FaultRow
    var code: String?
    var requests = 0
    var time = Duration.zero
    var returned: [Int] = []
    /// From the fault's end to the end of the first page that is whole.
    var recovery = Duration.zero
  }

  @Test(.timeLimit(.minutes(10)))
  func `every fault ends in time, with its code, harms no other source and is recovered from`()
    throws
  {
    var results: [Result] = []
    for row in FaultMatrix.rows { results.append(try run(row)) }
    show(results)
  }

  /// What an answer may take beyond the source's time.
  private static let grace = Duration.milliseconds(500)

  private func run(_ row: FaultRow) throws -> Result {
    var result = try tryOnce(row)
    // A busy machine may hold up one try, but not each.
    for _ in 0..<2 where result.time > row.deadline + Self.grace { result = try tryOnce(row) }
    #expect(result.time <= row.deadline + Self.grace, "\(row.name): \(result.time)")
    return result
  }

  private func tryOnce(_ row: FaultRow) throws -> Result {
    let source = FaultySource(row.fault)
    let fixture = try GatewayFixture(sessions: 20, resolver: source.resolver) { _ in
    } configure: { configuration in
      configuration.cache.ttl = .zero
      let index = try #require(configuration.sources.firstIndex { $0.name == "anam" })
      var faulty = try GatewayFixture.source("anam", at: source.baseURL, key: "secret-key")
      faulty.timeout = row.deadline
      faulty.responseBytes = FaultMatrix.responseBytes
      faulty.tls.caFile = CertificateAuthority.shared.caFile
      configuration.sources[index] = faulty
    }
    let others = try fixture.expected([.alcamine, .athena]).map(\.id).sorted()
    if row.warmsUp { #expect(try fixture.client.page("limit=500").isPartial == false) }
    var result = Result(row: row)
    let clock = ContinuousClock()
    var answer: GatewayAnswer?
    result.time = try clock.measure { answer = try fixture.client.get("/v1/sessions?limit=500") }
    let page = Page(try #require(answer).object())
    result.code = page.errorCode("anam")
    result.requests = page.count("upstreamRequests", "anam") ?? -1
    result.returned = ["alcamine", "athena"].map { page.count("returned", $0) ?? -1 }
    check(page, row, result, others)
    #expect(answer?.body.contains("secret-key") == false)

    source.heal()
    result.recovery = try clock.measure {
      let end = clock.now + .seconds(5)
      while try fixture.client.page("limit=500").isPartial != false, clock.now < end {}
    }
    let after = try fixture.client.page("limit=500")
    #expect(after.isPartial == false, "\(row.name)")
    #expect(after.count("returned", "anam") == FaultySource.count, "\(row.name)")
    return result
  }

  private func check(_ page: Page, _ row: FaultRow, _ result: Result, _ others: [String]) {
    let shown: Comment = "\(row.name): \(page.source("anam"))"
    #expect(result.code == row.code, shown)
    if let requests = row.requests { #expect(result.requests == requests, shown) }
    if row.hangs { #expect(result.time >= row.deadline, shown) }
    #expect(page.isPartial == (row.code != nil), shown)
    #expect(page.state("anam") == (row.code == nil ? "exhausted" : "failed"), shown)
    #expect(page.count("returned", "anam") == (row.code == nil ? FaultySource.count : 0), shown)
    let found = page.sessions.filter { $0.source != "anam" }.map(\.id).sorted()
    #expect(found == others, shown)
  }

  private func show(_ results: [Result]) {
    func milliseconds(_ time: Duration) -> String { "\(time / .milliseconds(1))".prefixed(to: ".") }
    var lines = [
      "| fault | outcome | upstream requests | time ms | deadline ms | others returned | whole again after ms |",
      "|---|---|---|---|---|---|---|",
    ]
    for result in results {
      let cells = [
        result.row.name, result.code ?? "whole", "\(result.requests)", milliseconds(result.time),
        milliseconds(result.row.deadline),
        result.returned.map(String.init).joined(separator: " + "),
        milliseconds(result.recovery),
      ]
      lines.append("| " + cells.joined(separator: " | ") + " |")
    }
    print(lines.joined(separator: "\n"))
  }
}

extension String {
  fileprivate func prefixed(to end: Character) -> String { String(prefix { $0 != end }) }
}
