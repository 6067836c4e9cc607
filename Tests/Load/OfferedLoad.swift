import Transport

/// Requests at a rate of their own, however the server is doing, as from many clients that do not
/// know of each other. Each takes a connection that is free, or a new one; one that finds all of them busy gives up.
final class OfferedLoad {
  private static let beat = Duration.milliseconds(1)

  /// What became of the requests that ended within some time.
  private struct Tally {
    var answered = 0
    var refused = 0
    var failed = 0
    var gaveUp = 0
    /// Of those answered, in microseconds.
    var latencies: [Int64] = []

    mutating func add(_ other: Tally) {
      answered += other.answered
      refused += other.refused
      failed += other.failed
      gaveUp += other.gaveUp
      latencies += other.latencies
    }

    var text: String {
      let sorted = latencies.sorted()
      func quantile(_ share: Double) -> String {
        guard !sorted.isEmpty else { return "-" }
        let micros = sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
        return "\(micros / 1000).\(micros / 100 % 10)"
      }
      return "200: \(answered)  429/503: \(refused)  failed: \(failed)  gave up: \(gaveUp)"
        + "  ms of 200 p50 \(quantile(0.5)) p99 \(quantile(0.99)) max \(quantile(1))"
    }
  }

  private let loop: EventLoop
  private let port: UInt16
  private let rate: Int
  private let seconds: Int
  private let mostConnections: Int
  private let path: [String]
  private var free: [LoadConnection] = []
  private var connections = 0
  private var sent = 0
  private var second = Tally()
  private var whole = Tally()
  private var begin = Instant.now()
  private var secondsTold = 0

  init(
    _ loop: EventLoop, port: UInt16, rate: Int, seconds: Int, path: String, mostConnections: Int
  ) {
    self.mostConnections = mostConnections
    self.loop = loop
    self.port = port
    self.rate = rate
    self.seconds = seconds
    let parts = path.split(separator: "{n}", omittingEmptySubsequences: false)
    self.path = parts.map { String($0) }
  }

  func run() {
    begin = .now()
    let timer = LoopTimer {}
    while secondsTold < seconds {
      loop.schedule(timer, after: Self.beat)
      loop.turn(waitingAtMost: Self.beat)
      let elapsed = (loop.now - begin).wholeNanoseconds
      let due = min(Int(elapsed) / 1_000 * rate / 1_000_000, rate * seconds)
      while sent < due { sendOne() }
      if elapsed >= Int64(secondsTold + 1) * 1_000_000_000 { tellSecond() }
    }
    report("all: \(whole.text)")
  }

  private func sendOne() {
    sent += 1
    let connection: LoadConnection
    if let reused = free.popLast() {
      connection = reused
    } else if connections < mostConnections {
      connection = LoadConnection(loop, port: port)
      connections += 1
    } else {
      second.gaveUp += 1
      return
    }
    let start = Instant.now()
    connection.ask(path.joined(separator: String(sent))) { [self] status in
      switch status {
      case 200?:
        second.answered += 1
        second.latencies.append((Instant.now() - start).wholeNanoseconds / 1_000)
      case 429?, 503?: second.refused += 1
      default: second.failed += 1
      }
      if connection.isOpen { free.append(connection) } else { connections -= 1 }
    }
  }

  private func tellSecond() {
    secondsTold += 1
    report("\(secondsTold): \(second.text)")
    whole.add(second)
    second = Tally()
  }
}
