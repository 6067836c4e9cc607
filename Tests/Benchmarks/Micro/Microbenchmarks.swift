import Glibc

/// Runs one piece of the serving path over and over, for `make bench`.
///
///     microbenchmarks
///
/// times all workloads and prints for each the microseconds a round, and MB/s where it reads or writes bytes.
///
///     microbenchmarks WORKLOAD ROUNDS
///
/// runs one of them, for callgrind, which counts inside of `measured` alone.
@main
enum Microbenchmarks {
  static func main() throws {
    let words = Array(CommandLine.arguments.dropFirst())
    let workloads = try Workload.all()
    switch words.count {
    case 0:
      for workload in workloads { time(workload) }
    case 2:
      guard let workload = workloads.first(where: { $0.name == words[0] }),
        let rounds = Int(words[1])
      else { fallthrough }
      // What is made once (tables, lazy constants) is no round's.
      try workload.round()
      try measured(rounds, workload.round)
    default:
      print(workloads.map(\.name).joined(separator: "\n"))
      exit(64)
    }
  }

  /// The best of several runs: others on the machine only ever make one slower.
  private static func time(_ workload: Workload) {
    let rounds = 200
    var best = Duration.seconds(1_000)
    for _ in 0..<10 {
      let took = ContinuousClock().measure { try? measured(rounds, workload.round) }
      best = min(best, took / rounds)
    }
    let microseconds = best / .microseconds(1)
    var line = "\(workload.name) \(text(microseconds)) us"
    if workload.bytes > 0 {
      line += " \(text(Double(workload.bytes) / microseconds)) MB/s"
    }
    print(line)
  }

  private static func text(_ number: Double) -> String {
    let tenths = Int((number * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }

  /// Its symbol is what `Tests/Benchmarks/run` has callgrind count in.
  @inline(never)
  private static func measured(_ rounds: Int, _ round: () throws -> Void) rethrows {
    for _ in 0..<rounds { try round() }
  }
}
