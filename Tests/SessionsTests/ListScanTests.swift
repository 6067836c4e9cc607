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

  /// The list shrinks while it is read, and only items without an id are left of its last window.
  @Test func aLastWindowWithoutAUsableRowHidesNothing() {
    var upstream = CostTests.list(85, .init(maximum: 40, addressing: .offset))
    for row in 74..<85 { upstream.rows[row].isUnusable = true }
    let listed = upstream.rows[10..<74].map(\.id)
    let (scan, _) = Self.scan(&upstream) { upstream in
      if upstream.requests == 2 { upstream.rows.removeFirst(10) }
    }
    #expect(Set(listed).isSubset(of: scan.ids))
  }

  @Test(arguments: [1, 30, 100])
  func unusableRowsForLongerThanAWindowAreSteppedOver(length: Int) {
    for start in 41..<81 {
      var upstream = CostTests.list(300, .init(maximum: 40, addressing: .offset))
      for row in start..<start + length { upstream.rows[row].isUnusable = true }
      let (scan, requests) = Self.scan(&upstream) { _ in }
      #expect(scan.ids.count == 300 - length, "\(start)")
      #expect(requests <= 16, "\(start)")
    }
  }

  private static func scan(
    _ upstream: inout ModelUpstream, before: (inout ModelUpstream) -> Void
  ) -> (ScannedList, requests: Int) {
    var scan = ListScan(
      limits: upstream.limits, order: SessionOrder(.updatedAt, descending: true),
      rowLimit: 10_000, concurrency: 1)
    while !scan.isDone, upstream.requests < 1_000 {
      for request in scan.nextRequests() {
        before(&upstream)
        scan.receive(upstream.window(request), for: request)
      }
    }
    return (scan.result(), upstream.requests)
  }
}
