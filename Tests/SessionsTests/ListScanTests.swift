import Sessions
import Support
import Testing

@Suite struct ListScanTests {
  @Test(arguments: TraversalTests.seeds)
  func findsEverySessionThatIsListedThroughout(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let limits: [WindowLimits] = [
      .init(maximum: 100, addressing: .page), .init(maximum: 40, addressing: .offset),
    ]
    var upstream = ModelUpstream(name: "z", limits: limits[Int(seed % 2)])
    for _ in 0..<Int.random(in: 0...900, using: &generator) {
      upstream.insert(Scenario.row(&upstream, span: 2_000, &generator))
    }
    let before = upstream.rows.map(\.id)
    var touched = Set<String>()
    var scan = ListScan(
      limits: upstream.limits, order: SessionOrder(.updatedAt, descending: true),
      rowLimit: 10_000, concurrency: 3)
    while !scan.isDone {
      for request in scan.nextRequests().shuffled(using: &generator) {
        var upstreams = [upstream]
        Scenario.change(&upstreams, rate: 0.9, touched: &touched, &generator)
        upstream = upstreams[0]
        scan.receive(upstream.window(request), for: request)
      }
      if upstream.requests > 5_000 { break }
    }
    #expect(scan.isDone, "seed \(seed)")
    let found = Set(scan.result().ids)
    let lost = before.filter { !found.contains($0) && !touched.contains("z:\($0)") }
    #expect(
      lost.isEmpty,
      "seed \(seed) lost \(lost.count) of \(before.count), requests \(upstream.requests)")
  }

  @Test func sessionsThatComeToTheHeadMeanwhileAreFound() {
    var upstream = CostTests.list(400, .init(maximum: 40, addressing: .offset))
    var scan = ListScan(
      limits: upstream.limits, order: SessionOrder(.updatedAt, descending: true),
      rowLimit: 10_000, concurrency: 2)
    while !scan.isDone, upstream.requests < 100 {
      for request in scan.nextRequests() {
        if upstream.requests == 4 {
          upstream.rows.insert(
            .init(id: "new", created: 2_000_000, updated: nil, status: .active), at: 0)
        }
        scan.receive(upstream.window(request), for: request)
      }
    }
    #expect(Set(scan.result().ids) == Set(upstream.rows.map(\.id)))
  }
}
