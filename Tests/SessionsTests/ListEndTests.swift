import Sessions
import Testing

/// A window at the list's end shows one unusable row alone: no evidence of where the list's other
/// rows are, for it may have moved since it was looked at.
@Suite struct ListEndTests {
  @Test func aListThatShrankToAnUnusableRowHasNotBeenReadToItsEnd() throws {
    var upstream = Self.list(130)
    let place = ModelUpstream.rank(upstream.rows[100], .newestFirst)
    let expected = Set(upstream.rows[100..<129].map(\.id))
    var position = SourcePosition(startingAt: place)
    position.hint = 40
    var reader = Self.reader(.onward, position)
    try Self.step(&reader, &upstream)
    try Self.step(&reader, &upstream, showingItsLastRowAlone: true)
    let found = try Self.rest(of: &reader, &upstream)
    #expect(found.isSuperset(of: expected))
  }

  @Test func aListThatGrowsBehindItsUnusableLastRowIsReadFromItsEnd() throws {
    var upstream = Self.list(50)
    var reader = Self.reader(.backward, SourcePosition(startingAt: .min))
    try Self.step(&reader, &upstream)
    try Self.step(&reader, &upstream, showingItsLastRowAlone: true)
    let expected = Set(upstream.rows.dropLast().map(\.id))
    for new in 0..<6 {
      upstream.rows.insert(
        .init(id: "new\(new)", created: 2_000_000, updated: nil, status: .active), at: 0)
    }
    let found = try Self.rest(of: &reader, &upstream)
    #expect(found.isSuperset(of: expected))
  }

  private static func list(_ count: Int) -> ModelUpstream {
    var upstream = CostTests.list(count, .init(maximum: 40, addressing: .offset))
    upstream.rows[count - 1].isUnusable = true
    return upstream
  }

  private static func reader(_ direction: WalkDirection, _ position: SourcePosition) -> SourceReader
  {
    SourceReader(
      plan: SourcePlan(
        order: direction == .onward ? .newestFirst : .newestFirst.reversed, direction: direction,
        limits: .init(maximum: 40, addressing: .offset), matcher: SessionMatcher(SessionFilter()),
        admitted: .min ... .max, limit: 200, readsAhead: true, scanLimit: 10_000),
      position: position)
  }

  /// Answers the next request, for which the list's head may have gone.
  private static func step(
    _ reader: inout SourceReader, _ upstream: inout ModelUpstream,
    showingItsLastRowAlone: Bool = false
  ) throws {
    let next = reader.nextRequest()
    let request = try #require(next)
    if showingItsLastRowAlone {
      let gone = upstream.rows.count - request.offset - 1
      try #require(gone > 0)
      upstream.rows.removeFirst(gone)
    }
    try reader.receive(upstream.window(request))
  }

  private static func rest(
    of reader: inout SourceReader, _ upstream: inout ModelUpstream
  ) throws -> Set<String> {
    while let request = reader.nextRequest() { try reader.receive(upstream.window(request)) }
    var ids = Set<String>()
    while let row = reader.take() { ids.insert(String(decoding: row.nativeID, as: UTF8.self)) }
    return ids
  }
}
