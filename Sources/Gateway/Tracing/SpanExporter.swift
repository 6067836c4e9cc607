import Transport
import Upstream

/// Sends one loop's spans to the collector, in batches, one at a time. What there is no room for, and
/// what the collector does not take, is dropped and counted: traces are never worth a request.
final class SpanExporter {
  /// Some seconds of a busy loop: a collector that is slower for longer loses spans.
  private static let mostWaiting = 2_048
  private static let mostInBatch = 512
  private static let interval = Duration.seconds(5)

  private let origin: UpstreamOrigin
  private let tls: TLSContext?
  private let process: ServingProcess
  private let loop: EventLoop
  private let metrics: LoopMetrics
  private var waiting: [Span] = []
  private var post: SpanPost?
  private var timer: LoopTimer?
  private var finished: [() -> Void] = []

  init(
    to origin: UpstreamOrigin, tls: TLSContext?, _ process: ServingProcess, on loop: EventLoop,
    metrics: LoopMetrics
  ) {
    self.origin = origin
    self.tls = tls
    self.process = process
    self.loop = loop
    self.metrics = metrics
  }

  func add(_ span: Span) {
    guard waiting.count < Self.mostWaiting else {
      metrics.counts.spansDropped += 1
      return
    }
    waiting.append(span)
    if waiting.count >= Self.mostInBatch, post == nil {
      send()
    } else if timer == nil {
      // It holds the exporter: after a reload the last spans of the one before are still sent.
      let timer = LoopTimer { [self] in
        self.timer = nil
        send()
      }
      self.timer = timer
      loop.schedule(timer, after: Self.interval)
    }
  }

  /// Sends what waits, and calls `completion` when nothing does any more.
  func finish(completion: @escaping () -> Void) {
    finished.append(completion)
    send()
  }

  /// Sends what waits, without waiting for more.
  private func send() {
    guard post == nil else { return }
    guard !waiting.isEmpty else {
      for completion in finished { completion() }
      finished = []
      return
    }
    if let timer { loop.cancel(timer) }
    timer = nil
    let batch = waiting.prefix(Self.mostInBatch)
    let count = batch.count
    let body = SpanExport.body(batch)
    waiting.removeFirst(count)
    post = SpanPost(body, to: origin, tls: tls, resolver: process.resolver, on: loop) {
      [self] failure in
      post = nil
      if let failure {
        metrics.counts.spansDropped += count
        process.collectorLog.failed(failure, at: loop.now)
      } else {
        metrics.counts.spansExported += count
        process.collectorLog.succeeded()
      }
      send()
    }
  }
}
