import Glibc
import Support
import Testing

@testable import Transport

struct EventLoopTests {
  @Test func `timers fire in the order of their deadlines, canceled ones not`() {
    let loop = EventLoop()
    var fired: [Int] = []
    let timers = (0..<5).map { number in LoopTimer { fired.append(number) } }
    let start = loop.now
    for (number, milliseconds) in [(0, 4), (1, 2), (2, 9), (3, 1), (4, 3)] {
      loop.schedule(timers[number], at: start + .milliseconds(milliseconds))
    }
    loop.cancel(timers[4])
    loop.schedule(timers[2], at: start + .milliseconds(3))
    while fired.count < 4 { loop.turn(waitingAtMost: .seconds(1)) }
    #expect(fired == [3, 1, 2, 0])
    #expect(Instant.now() - start >= .milliseconds(4))
    #expect(timers.allSatisfy { !$0.isScheduled })
  }

  @Test(arguments: 1...5 as ClosedRange<UInt64>)
  func `the heap gives timers in order however they were moved`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var heap = TimerHeap()
    let timers = (0..<200).map { _ in LoopTimer {} }
    var expected: [ObjectIdentifier: Int64] = [:]
    for _ in 0..<1_000 {
      let timer = timers[Int.random(in: 0..<timers.count, using: &random)]
      if Int.random(in: 0..<4, using: &random) == 0 {
        heap.cancel(timer)
        expected[ObjectIdentifier(timer)] = nil
      } else {
        let deadline = Int64.random(in: 0..<1_000, using: &random)
        heap.schedule(timer, at: Instant(nanoseconds: deadline))
        expected[ObjectIdentifier(timer)] = deadline
      }
    }
    var popped: [Int64] = []
    while let timer = heap.popDue(at: Instant(nanoseconds: 1_000)) {
      #expect(timer.deadline.nanoseconds == expected[ObjectIdentifier(timer)], "seed \(seed)")
      popped.append(timer.deadline.nanoseconds)
    }
    #expect(popped == expected.values.sorted(), "seed \(seed)")
  }

  /// Each wait would take ten minutes, or for ever, if its deadline were missed.
  @Test(.timeLimit(.minutes(10)))
  func `a deadline that comes nearer is met, and so is one after another was canceled`() {
    let loop = EventLoop()
    var count = 0
    let near = LoopTimer { count += 1 }
    let (far, canceled) = (LoopTimer {}, LoopTimer {})
    let start = Instant.now()
    func wait(for wanted: Int) {
      while count < wanted { loop.turn(waitingAtMost: .seconds(900)) }
    }
    // A wait that ends before its time, as something was handed over.
    func beginWaiting() {
      loop.handle.submit { _ in }
      loop.turn(waitingAtMost: .seconds(900))
    }
    loop.schedule(far, after: .seconds(600))
    beginWaiting()
    loop.schedule(near, after: .milliseconds(5))
    wait(for: 1)
    loop.schedule(canceled, after: .milliseconds(5))
    beginWaiting()
    loop.cancel(canceled)
    loop.schedule(near, after: .milliseconds(10))
    wait(for: 2)
    #expect(Instant.now() - start < .seconds(300))
  }

  @Test func `a timer that is scheduled again while it fires waits for the next turn`() {
    let loop = EventLoop()
    var count = 0
    var again: LoopTimer?
    let timer = LoopTimer {
      count += 1
      if let again { loop.schedule(again, after: .nanoseconds(1)) }
    }
    again = timer
    loop.schedule(timer, after: .zero)
    loop.turn(waitingAtMost: .seconds(1))
    #expect(count == 1)
    loop.turn(waitingAtMost: .seconds(1))
    #expect(count == 2)
    again = nil
  }

  @Test func `jobs from other threads run in order and find what is attached`() {
    final class Log { var numbers: [Int] = [] }
    let loop = EventLoop()
    let log = Log()
    loop.attach(log)
    for number in 0..<100 {
      loop.handle.submit { $0.attached(Log.self)?.numbers.append(number) }
    }
    loop.turn(waitingAtMost: .seconds(1))
    #expect(log.numbers == Array(0..<100))
  }

  @Test func `deferred work runs at the end of the turn`() {
    let loop = EventLoop()
    var order: [String] = []
    let timer = LoopTimer {
      loop.defer { order.append("deferred") }
      order.append("timer")
    }
    loop.schedule(timer, after: .zero)
    loop.turn(waitingAtMost: .seconds(1))
    #expect(order == ["timer", "deferred"])
  }

  @Test func `a descriptor's later user gets no event of the earlier one`() throws {
    final class Target: Pollable {
      var events = 0
      var onReady: () -> Void = {}
      func ready(_ readiness: Readiness) {
        events += 1
        onReady()
      }
    }
    let loop = EventLoop()
    let first = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    let second = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    let (one, other, late) = (Target(), Target(), Target())
    let registrations = [try loop.register(first, one), try loop.register(second, other)]
    // Whichever comes first takes the other out, and its place in the loop is used again at once.
    one.onReady = {
      loop.unregister(registrations[1], second)
      _ = try? loop.register(second, late)
    }
    other.onReady = {
      loop.unregister(registrations[0], first)
      _ = try? loop.register(first, late)
    }
    loop.turn(waitingAtMost: .seconds(1))
    #expect(one.events + other.events == 1)
    #expect(late.events == 0)
    loop.turn(waitingAtMost: .seconds(1))
    #expect(late.events == 1)
    close(first)
    close(second)
  }

  @Test func `what is still registered when a loop ends is let go`() throws {
    let socket = try #require(try ListeningSocket.open(ListenAddress(port: 0), count: 1).first)
    weak var gone: Listener?
    do {
      let loop = EventLoop()
      let listener = try Listener(socket, on: loop) { _ in }
      gone = listener
      loop.attach(listener)
      loop.handle.submit { $0.stop() }
      loop.run()
    }
    #expect(gone == nil)
  }
}
