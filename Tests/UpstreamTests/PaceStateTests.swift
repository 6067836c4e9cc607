import Testing
import Transport

@testable import Upstream

@Suite struct PaceStateTests {
  private let start = Instant(nanoseconds: 1_000_000_000)
  private let never = Instant(nanoseconds: .max)

  @Test func `without a limit every turn is now`() {
    var pace = PaceState(limit: nil)
    for number in 1...100 {
      #expect(pace.takeTurn(at: start, before: never) == .at(start, number: number))
    }
    #expect(pace.remaining(at: start) == nil)
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `no stretch of time holds more turns than configured`(seed: UInt64) {
    var random = SeededRandom(seed)
    let requests = Int.random(in: 1...7, using: &random)
    var pace = PaceState(limit: .init(requests: requests, per: .seconds(1)))
    var now = start
    var times: [Instant] = []
    for _ in 0..<300 {
      now = now + .milliseconds(Int.random(in: 0...300, using: &random))
      let deadline = now + .milliseconds(Int.random(in: 1...1500, using: &random))
      switch pace.takeTurn(at: now, before: deadline) {
      case .at(let time, _):
        #expect(time >= now && time < deadline, "seed \(seed)")
        times.append(time)
      case .refused(let delay): #expect(now + delay >= deadline, "seed \(seed)")
      }
    }
    #expect(times == times.sorted(), "seed \(seed)")
    for index in times.indices.dropFirst(requests) {
      #expect(times[index] - times[index - requests] >= .seconds(1), "seed \(seed)")
    }
  }

  @Test func `a pause that a source asks for holds for everybody, and the longest wins`() {
    var pace = PaceState(limit: nil)
    pace.told(retryAfter: .seconds(10), at: start)
    pace.told(retryAfter: .seconds(2), at: start)
    #expect(
      pace.takeTurn(at: start, before: start + .seconds(10)) == .refused(retryAfter: .seconds(10)))
    #expect(
      pace.takeTurn(at: start, before: start + .seconds(11)) == .at(start + .seconds(10), number: 1)
    )
  }

  @Test func `what is said to be left is spent, then the reset is waited for`() {
    var pace = PaceState(limit: nil)
    _ = pace.takeTurn(at: start, before: never)
    pace.told(RateLimitAdvice(remaining: 2, reset: .seconds(30)), answering: 1, at: start)
    #expect(pace.remaining(at: start) == 2)
    #expect(pace.takeTurn(at: start, before: never) == .at(start, number: 2))
    #expect(pace.takeTurn(at: start, before: never) == .at(start, number: 3))
    let soon = start + .seconds(5)
    #expect(pace.takeTurn(at: start, before: soon) == .refused(retryAfter: .seconds(30)))
    // An answer that is older than the last one heard raises nothing.
    pace.told(RateLimitAdvice(remaining: 1, reset: .seconds(30)), answering: 2, at: start)
    pace.told(RateLimitAdvice(remaining: 9, reset: .seconds(30)), answering: 1, at: start)
    #expect(pace.takeTurn(at: start, before: soon) == .refused(retryAfter: .seconds(30)))
    let later = start + .seconds(30)
    #expect(pace.takeTurn(at: later, before: never) == .at(later, number: 4))
    #expect(pace.remaining(at: later) == nil)
  }
}
