import Sessions

/// A first page of fifty from one window of each source.
struct SamplePage {
  static let limit = 50
  let rows: [(source: Int, row: SourceRow)]

  init(_ answers: [SampleAnswer]) throws {
    try self.init(answers.map { ($0.provider, try $0.window()) })
  }

  init(_ windows: [(provider: any SessionProvider, window: Window)]) throws {
    var builder = PageBuilder(
      order: .newestFirst, limit: Self.limit, pageBudget: 8,
      sources: windows.map { provider, _ in
        let plan = SourcePlan(
          order: .newestFirst, direction: .onward, limits: provider.windows,
          matcher: SessionMatcher(SessionFilter()), admitted: .min ... .max, limit: Self.limit,
          readsAhead: false, scanLimit: 10_000)
        let position = SourcePosition(startingAt: .min)
        return PageBuilder.Source(
          idPrefix: Array("\(provider.name):".utf8),
          reader: SourceReader(plan: plan, position: position))
      })
    for source in builder.fill() ?? [] {
      try check(builder.nextRequest(source) != nil)
      try builder.receive(windows[source].window, from: source)
    }
    try check(builder.fill() == nil)
    rows = builder.rows
  }
}
