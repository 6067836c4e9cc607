import Testing
import Transport

@testable import Upstream

@Suite struct RetryBudgetStateTests {
  private func time(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }

  @Test func `three retries are always allowed, and a fourth is not`() {
    var budget = RetryBudgetState()
    let allowed = (0..<10).filter { _ in budget.takeRetry(at: time(100)) }
    #expect(allowed.count == 3)
    // A slot of one second may have ended ten seconds ago or nearly eleven.
    #expect(budget.takeRetry(at: time(110)) == false)
    #expect(budget.remaining(at: time(110)) == 0)
    #expect(budget.remaining(at: time(111)) == 3)
    #expect(budget.takeRetry(at: time(111)) == true)
  }

  @Test func `a fifth of the requests of ten seconds may be retries`() {
    var budget = RetryBudgetState()
    for second in 0..<10 as Range<Int64> {
      for _ in 0..<10 { budget.countRequest(at: time(second)) }
    }
    let allowed = (0..<100).filter { _ in budget.takeRetry(at: time(9)) }
    #expect(allowed.count == 20)
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `no ten seconds hold more retries than a fifth of their requests, and three`(
    seed: UInt64
  ) {
    var random = SeededRandom(seed)
    var budget = RetryBudgetState()
    var now = Instant(nanoseconds: 1_000_000_000_000)
    var requests: [Instant] = []
    var retries: [Instant] = []
    for _ in 0..<3000 {
      now = now + .milliseconds(Int.random(in: 0...60, using: &random))
      if Bool.random(using: &random) {
        budget.countRequest(at: now)
        requests.append(now)
      } else if budget.takeRetry(at: now) {
        retries.append(now)
        let start = now + .seconds(-10)
        let recent = (retries.count { $0 > start }, requests.count { $0 > start })
        #expect(recent.0 <= max(3, recent.1 / 5), "seed \(seed)")
      }
    }
    #expect(retries.count > 20)
  }

  @Test func `backoff doubles, stays below its bound and differs`() {
    var random = SeededRandom(1)
    for (tries, bound) in [(0, 100), (1, 200), (2, 400), (10, 2000)] {
      let delays = (0..<50).map { _ in Backoff.delay(afterTries: tries, using: &random) }
      #expect(delays.allSatisfy { $0 <= .milliseconds(bound) && $0 >= .milliseconds(bound / 2) })
      #expect(Set(delays).count > 10)
    }
  }
}

/// SplitMix64: the same numbers from the same seed, everywhere.
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
