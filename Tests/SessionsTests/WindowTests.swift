import Support
import Testing

@testable import Sessions

@Suite struct WindowPlanTests {
  private static let pages = WindowLimits(maximum: 100, addressing: .page)

  @Test(arguments: [1, 10, 24, 55, 100])
  func aPageCoversThePlaceAndReachesBeyondIt(count: Int) {
    var rows = 0
    for offset in 0..<2_000 {
      let request = Self.pages.window(from: offset, count: count)
      #expect(request.offset % request.count == 0 && request.count <= 100)
      #expect(request.offset <= offset && request.offset + request.count > offset)
      rows += min(count, request.offset + request.count - offset)
      let back = Self.pages.window(upTo: offset, count: count)
      #expect(back.offset % back.count == 0 && back.count <= 100)
      #expect(back.offset <= offset && back.offset + back.count >= offset)
      #expect(back.offset < offset || offset == 0)
    }
    // Hardly ever less than nine rows of ten that were wanted.
    #expect(Double(rows) / 2_000 >= (count == 100 ? 0.86 : 0.9) * Double(count))
  }

  @Test(arguments: [1, 7, 250])
  func anOffsetIsTakenAsItIs(count: Int) {
    let limits = WindowLimits(maximum: 250, addressing: .offset)
    for offset in 0..<600 {
      #expect(
        limits.window(from: offset, count: count) == WindowRequest(offset: offset, count: count))
      let back = limits.window(upTo: offset, count: count)
      #expect(back.offset == max(0, offset - count))
      #expect(offset == 0 || back.offset + back.count == offset)
    }
    #expect(limits.window(from: 3, count: 9_999).count == 250)
  }
}

@Suite struct LongestRunTests {
  @Test(arguments: 0..<UInt64(200))
  func isAsLongAsAnyOrderedSelection(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let ranks = (0..<Int.random(in: 0...11, using: &generator)).map { _ in
      SortRank.random(in: 0...8, using: &generator)
    }
    let members = LongestRun(of: ranks).members
    #expect(zip(members, members.dropFirst()).allSatisfy { $0 < $1 && ranks[$0] <= ranks[$1] })
    let longest = (0..<1 << ranks.count).lazy.compactMap { chosen -> Int? in
      let picked = ranks.indices.filter { chosen >> $0 & 1 == 1 }.map { ranks[$0] }
      return zip(picked, picked.dropFirst()).allSatisfy(<=) ? picked.count : nil
    }.max()
    #expect(members.count == longest, "seed \(seed)")
  }

  @Test func oneFarRowIsOneRowOutOfPlace() {
    #expect(LongestRun(of: [1, 2, 900, 3, 4, -900, 5]).members == [0, 1, 3, 4, 6])
  }
}

@Suite struct BoundaryIDTests {
  @Test func isWholeUpToAHundredBytes() {
    let whole = Array(repeating: UInt8(0x61), count: 100)
    let short = whole.withUnsafeBytes { BoundaryID($0) }
    #expect(short.hash == nil && short.bytes == whole)
    let long = (whole + [0x61]).withUnsafeBytes { BoundaryID($0) }
    #expect(long.hash != nil && long.bytes.count == 24)
    #expect((whole + [0x61]).withUnsafeBytes { long.names($0) })
    #expect(!(whole + [0x62]).withUnsafeBytes { long.names($0) })
    #expect(!whole.withUnsafeBytes { long.names($0) })
  }
}
