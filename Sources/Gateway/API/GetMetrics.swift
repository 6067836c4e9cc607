import HTTP
import Transport

/// `GET /metrics`: what the process has counted, for Prometheus.
struct GetMetrics {
  static let path = "/metrics"

  let context: RequestContext

  func answer(_ exchange: APIExchange) throws(Problem) {
    try ParameterReader(try exchange.pairs()).checkNames([])
    let waiting = WaitingScrapes.on(context.loop)
    let number = waiting.add(exchange)
    let timer = LoopTimer {
      waiting.take(number)?.finish { () throws(Problem) in
        throw Problem(.overloaded, "an event loop is too busy to say what it has counted")
      }
    }
    context.loop.schedule(timer, after: MetricsGathering.timeout)
    exchange.onCancel { [loop = context.loop] in
      loop.cancel(timer)
      _ = waiting.take(number)
    }
    waiting.timers[number] = timer
    let gateway = context.gateway
    MetricsGathering.gather(gateway.process, for: context.loop) { loop, counts, upstream, figures in
      let waiting = WaitingScrapes.on(loop)
      if let timer = waiting.timers[number] { loop.cancel(timer) }
      waiting.take(number)?.finish {
        let report = MetricsReport(
          gateway: gateway, counts: counts, upstream: upstream, figures: figures)
        return Response(
          200,
          fields: Fields([
            ("Content-Type", "text/plain; version=0.0.4; charset=utf-8"),
            ("Cache-Control", "no-store"),
          ]), body: report.write())
      }
    }
  }
}

/// The scrapes that a loop has under way: other threads carry their numbers only.
private final class WaitingScrapes {
  private var exchanges: [Int: APIExchange] = [:]
  var timers: [Int: LoopTimer] = [:]
  private var last = 0

  static func on(_ loop: EventLoop) -> WaitingScrapes {
    if let known = loop.attached(WaitingScrapes.self) { return known }
    let made = WaitingScrapes()
    loop.attach(made)
    return made
  }

  func add(_ exchange: APIExchange) -> Int {
    last += 1
    exchanges[last] = exchange
    return last
  }

  func take(_ number: Int) -> APIExchange? {
    timers[number] = nil
    return exchanges.removeValue(forKey: number)
  }
}
