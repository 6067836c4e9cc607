import Testing
import Transport

@testable import Upstream

@Suite struct CircuitStateTests {
  private let start = Instant(nanoseconds: 0)

  private func opened(at time: Instant) -> CircuitState {
    var circuit = CircuitState()
    for _ in 0..<5 { circuit.failed(asProbe: false, at: time) }
    return circuit
  }

  @Test func `four failures and a success leave it closed`() {
    var circuit = CircuitState()
    for _ in 0..<3 {
      for _ in 0..<4 { circuit.failed(asProbe: false, at: start) }
      circuit.succeeded(asProbe: false)
    }
    #expect(circuit.admit(at: start) == .pass)
  }

  @Test func `five failures in a row open it for five seconds, then one probe passes`() {
    var circuit = opened(at: start)
    #expect(circuit.admit(at: start + .seconds(1)) == .refused(retryAfter: .seconds(4)))
    #expect(circuit.admit(at: start + .seconds(5)) == .probe)
    #expect(circuit.admit(at: start + .seconds(6)) == .refused(retryAfter: .seconds(1)))
    circuit.succeeded(asProbe: true)
    #expect(!circuit.isOpen)
    #expect(circuit.admit(at: start + .seconds(6)) == .pass)
  }

  @Test func `a failed probe doubles the pause, up to a minute`() {
    var circuit = opened(at: start)
    var now = start + .seconds(5)
    for pause in [10, 20, 40, 60, 60] {
      #expect(circuit.admit(at: now) == .probe)
      circuit.failed(asProbe: true, at: now)
      #expect(circuit.admit(at: now) == .refused(retryAfter: .seconds(pause)))
      now = now + .seconds(pause)
    }
    #expect(circuit.admit(at: now) == .probe)
    circuit.succeeded(asProbe: true)
    for _ in 0..<5 { circuit.failed(asProbe: false, at: now) }
    #expect(circuit.admit(at: now) == .refused(retryAfter: .seconds(5)))
  }

  @Test func `calls from before it opened neither close nor prolong it`() {
    var circuit = opened(at: start)
    circuit.succeeded(asProbe: false)
    circuit.failed(asProbe: false, at: start + .seconds(4))
    #expect(circuit.admit(at: start + .seconds(5)) == .probe)
    circuit.succeeded(asProbe: false)
    #expect(circuit.isOpen)
  }

  @Test func `a probe that is given up lets the next call be one`() {
    var circuit = opened(at: start)
    #expect(circuit.admit(at: start + .seconds(5)) == .probe)
    circuit.abandonedProbe(at: start + .seconds(6))
    #expect(circuit.admit(at: start + .seconds(6)) == .probe)
  }
}
