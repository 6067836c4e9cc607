import Dispatch
import Testing
import Transport

@testable import Transport

@Suite struct HostResolverTests {
  /// Answers look-ups from a list, the last one for ever.
  private final class Script: Sendable {
    private let answers: Guarded<[HostResolver.Answer]>
    private let asked = Guarded(0)
    init(_ answers: [HostResolver.Answer]) { self.answers = Guarded(answers) }
    var count: Int { asked.withLock { $0 } }
    func next() -> HostResolver.Answer {
      asked.withLock { $0 += 1 }
      return answers.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
    }
  }

  private let first: HostResolver.Answer = .success(
    [RemoteAddress(numeric: "127.0.0.1", port: 80)].compactMap(\.self))
  private let second: HostResolver.Answer = .success(
    [RemoteAddress(numeric: "127.0.0.2", port: 80)].compactMap(\.self))
  private let failure: HostResolver.Answer = .failure(.lookup(reason: "no"))

  private func resolve(_ resolver: HostResolver, on loop: EventLoop) -> HostResolver.Answer? {
    var answer: HostResolver.Answer?
    loop.turn(waitingAtMost: .zero)
    resolver.resolve(host: "a.test", port: 80, on: loop) { answer = $0 }
    let start = Instant.now()
    while answer == nil, Instant.now() - start < .seconds(5) {
      loop.turn(waitingAtMost: .milliseconds(100))
    }
    return answer
  }

  @Test func `an answer is kept for its lifetime and asked for again after it`() {
    let loop = EventLoop()
    let script = Script([first, second])
    let kept = HostResolver { _, _ in script.next() }
    for _ in 0..<3 { #expect(resolve(kept, on: loop) == first) }
    #expect(script.count == 1)
    let brief = Script([first, second])
    let forgetful = HostResolver(lifetime: .zero) { _, _ in brief.next() }
    #expect(resolve(forgetful, on: loop) == first)
    #expect(resolve(forgetful, on: loop) == second)
  }

  @Test func `while look-ups fail, the old answer serves; without one the failure does`() {
    let loop = EventLoop()
    let script = Script([failure, first, failure])
    let resolver = HostResolver(lifetime: .zero) { _, _ in script.next() }
    #expect(resolve(resolver, on: loop) == failure)
    for _ in 0..<3 { #expect(resolve(resolver, on: loop) == first) }
    // After one that failed there is a pause.
    #expect(script.count == 3)
  }

  @Test func `a look-up that takes long yields to the old answer`() {
    let loop = EventLoop()
    let gate = DispatchSemaphore(value: 0)
    let script = Script([first, second])
    let resolver = HostResolver(lifetime: .zero, patience: .milliseconds(20)) { _, _ in
      if script.count == 1 { gate.wait() }
      return script.next()
    }
    #expect(resolve(resolver, on: loop) == first)
    #expect(resolve(resolver, on: loop) == first)
    gate.signal()
  }

  @Test func `callers of one name at a time share one look-up`() {
    let loop = EventLoop()
    let gate = DispatchSemaphore(value: 0)
    let script = Script([first])
    let resolver = HostResolver { _, _ in
      gate.wait()
      return script.next()
    }
    var answers = 0
    for _ in 0..<5 {
      resolver.resolve(host: "a.test", port: 80, on: loop) { if $0 == first { answers += 1 } }
    }
    gate.signal()
    let start = Instant.now()
    while answers < 5, Instant.now() - start < .seconds(5) {
      loop.turn(waitingAtMost: .milliseconds(100))
    }
    #expect(answers == 5)
    #expect(script.count == 1)
  }

  @Test func `a numeric address needs no look-up`() {
    let script = Script([failure])
    let resolver = HostResolver { _, _ in script.next() }
    var answer: HostResolver.Answer?
    resolver.resolve(host: "::1", port: 80, on: EventLoop()) { answer = $0 }
    #expect((try? answer?.get().first?.description) == "::1")
    #expect(script.count == 0)
  }
}
