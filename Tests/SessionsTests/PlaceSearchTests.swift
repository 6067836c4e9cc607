import Support
import Testing

@testable import Sessions

@Suite struct PlaceSearchTests {
  /// A window shows a place when it shows two rows before it, or the list's start, and the row there.
  @Test(arguments: 0..<UInt64(60))
  func findsAnyPlaceOfAListThatHoldsStill(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let limits = CostTests.limits[Int(seed % 3)]
    let rows = Int.random(in: 1...5_000, using: &generator)
    var upstream = CostTests.list(rows, limits)
    upstream.tellsTotal = generator.chance(0.5)
    let place = Int.random(in: 0..<rows, using: &generator)
    var search = PlaceSearch()
    var request = limits.window(from: 0, count: 50)
    var isFound = false
    while search.requests < PlaceSearch.limit {
      let window = upstream.window(request)
      let past = window.offset + window.rawCount
      isFound = (window.offset == 0 || window.offset + 2 <= place) && past > place
      if isFound { break }
      search.note(
        past <= place && window.rawCount > 0 ? .higher : .lower, window: window,
        direction: .onward, seeksListEnd: false)
      request = search.next(limits: limits, direction: .onward, count: 50, overlap: 3)
    }
    #expect(isFound, "seed \(seed), \(place) of \(rows)")
    let doublings = Int.bitWidth - rows.leadingZeroBitCount
    #expect(search.requests <= 2 * doublings, "seed \(seed), \(place) of \(rows)")
  }
}
