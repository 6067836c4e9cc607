import Testing
import Transport

@testable import Upstream

@Suite struct PulseStateTests {
  private let start = Instant(nanoseconds: 1_000_000_000)

  private func time(_ milliseconds: Int) -> Instant { start + .milliseconds(milliseconds) }

  @Test func `settings that do not come in three seconds never come`() {
    var pulse = PulseState(at: start)
    #expect(pulse.look(at: time(0), isBusy: true) == .wait(until: time(3000)))
    #expect(pulse.look(at: time(2999), isBusy: true) == .wait(until: time(3000)))
    #expect(pulse.look(at: time(3000), isBusy: true) == .mute)
  }

  @Test func `a silence of two seconds is asked about while answers are awaited`() {
    var pulse = PulseState(at: start)
    pulse.hasSettings = true
    #expect(pulse.look(at: time(1999), isBusy: true) == .wait(until: time(2000)))
    #expect(pulse.look(at: time(2000), isBusy: true) == .ask(until: time(5000)))
    #expect(pulse.look(at: time(4999), isBusy: true) == .wait(until: time(5000)))
    #expect(pulse.look(at: time(5000), isBusy: true) == .dead)
  }

  @Test func `an idle connection is asked after fifteen seconds, and at once when it is used`() {
    var pulse = PulseState(at: start)
    pulse.hasSettings = true
    #expect(pulse.look(at: time(14_999), isBusy: false) == .wait(until: time(15_000)))
    var used = pulse
    #expect(used.look(at: time(14_999), isBusy: true) == .ask(until: time(17_999)))
    #expect(pulse.look(at: time(15_000), isBusy: false) == .ask(until: time(18_000)))
  }

  @Test func `any byte is a sign of life`() {
    var pulse = PulseState(at: start)
    pulse.hasSettings = true
    #expect(pulse.look(at: time(2000), isBusy: true) == .ask(until: time(5000)))
    pulse.heard(at: time(4999))
    #expect(pulse.look(at: time(5000), isBusy: true) == .wait(until: time(6999)))
  }

  @Test func `a call given up in silence makes its connection suspect until it says something`() {
    var pulse = PulseState(at: start)
    pulse.hasSettings = true
    pulse.heard(at: time(60))
    pulse.abandoned(since: time(0), at: time(100))
    #expect(!pulse.isSuspect)
    pulse.abandoned(since: time(0), at: time(200))
    #expect(pulse.isSuspect)
    #expect(pulse.look(at: time(200), isBusy: true) == .ask(until: time(3200)))
    pulse.heard(at: time(210))
    #expect(!pulse.isSuspect)
  }
}
