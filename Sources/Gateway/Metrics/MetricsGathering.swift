import Dispatch
import Transport
import Upstream

/// Collects what every loop has counted, a job on each, and hands the sum back to the loop that asked.
/// Nothing waits: a loop that is busy answers when it is done.
enum MetricsGathering {
  /// Longest that a scrape waits for a busy loop: half of what Prometheus waits by default.
  static let timeout = Duration.seconds(5)

  private struct Sum: Sendable {
    var counts = LoopCounts()
    var upstream: [String: UpstreamCounts] = [:]
    var loops = 0
  }

  /// - Parameter completion: called once, on `loop`.
  static func gather(
    _ process: ServingProcess, for loop: EventLoop,
    completion:
      @escaping @Sendable (
        _ loop: EventLoop, _ counts: LoopCounts, _ upstream: [String: UpstreamCounts],
        _ figures: ProcessFigures
      ) -> Void
  ) {
    let origin = loop.handle
    // The kernel's figures come from files: not on a loop.
    DispatchQueue.global().async {
      let figures = ProcessFigures.read()
      let loops = process.loops
      let sum = Guarded(Sum())
      for handle in loops {
        handle.submit { loop in
          let done = sum.withLock { sum in
            loop.attached(GatewayHandler.self)?.addCounts(to: &sum.counts, &sum.upstream)
            sum.loops += 1
            return sum.loops == loops.count ? sum : nil
          }
          guard var done else { return }
          done.counts.addRefusals(process.refusals)
          let (counts, upstream) = (done.counts, done.upstream)
          origin.submit { completion($0, counts, upstream, figures) }
        }
      }
    }
  }
}
