import Bytes
import HTTP
import JSON
import Sessions
import Transport
import Upstream

/// `GET /v1/sources`: every configured source, how it is doing, and what it does itself.
struct ListSources {
  let context: RequestContext

  func answer(_ exchange: APIExchange) throws(Problem) {
    try ParameterReader(try exchange.pairs()).checkNames([])
    let body = ByteBuffer(capacity: 4_096)
    body.append("{\"data\":[")
    for (index, source) in context.gateway.sources.enumerated() {
      if index > 0 { body.append(",") }
      write(source, to: body)
    }
    body.append("]}\n")
    exchange.finish {
      Response(
        200,
        fields: Fields([
          ("Content-Type", "application/json"), ("Cache-Control", "private, no-store"),
        ]), body: body)
    }
  }

  private func write(_ source: Source, to body: ByteBuffer) {
    let health = source.upstream.health
    let origin = source.settings.origin
    let scheme = origin.isSecure ? "https" : "http"
    body.append("{\"name\":")
    body.append(json: source.name)
    body.append(",\"provider\":")
    body.append(json: source.provider.name)
    body.append(",\"baseURL\":")
    body.append(json: "\(scheme)://\(origin.authority)\(origin.pathPrefix)")
    body.append(",\"state\":")
    body.append(json: health.state.rawValue)
    body.append(",\"lastSuccess\":")
    write(time: health.lastSuccessMillisecondsSince1970, to: body)
    body.append(",\"lastError\":")
    if let incident = health.lastError {
      body.append("{\"code\":")
      body.append(json: incident.code)
      body.append(",\"message\":")
      body.append(json: incident.message)
      body.append(",\"at\":")
      write(time: incident.millisecondsSince1970, to: body)
      body.append("}")
    } else {
      body.appendNull()
    }
    body.append(",\"latencyMs\":{\"p50\":")
    write(health.latencyP50.map { Int($0.wholeMilliseconds) }, to: body)
    body.append(",\"p95\":")
    write(health.latencyP95.map { Int($0.wholeMilliseconds) }, to: body)
    body.append("},\"rateLimitRemaining\":")
    write(health.rateLimitRemaining, to: body)
    body.append(",\"requestsInFlight\":")
    body.append(decimal: health.requestsInFlight)
    write(health, limits: source.upstream.configuration, to: body)
    body.append(",\"capabilities\":{\"filters\":")
    write(source.provider.pushedDown, to: body)
    body.append(",\"orders\":")
    let orders = ListParameters.orders.filter {
      source.provider.nativeOrder(for: $0.order) == $0.order
    }
    write(orders.map(\.name), to: body)
    body.append(",\"maximumPage\":")
    body.append(decimal: source.provider.windows.maximum)
    body.append(",\"parameters\":[")
    for (index, parameter) in source.provider.parameters.enumerated() {
      if index > 0 { body.append(",") }
      body.append("{\"name\":")
      body.append(json: "\(source.provider.name).\(parameter.name)")
      body.append(",\"type\":")
      body.append(json: parameter.kind.rawValue)
      body.append("}")
    }
    body.append("]}}")
  }

  /// Every number that decides whether and when the source is asked.
  private func write(
    _ health: UpstreamHealth, limits: UpstreamConfiguration, to body: ByteBuffer
  ) {
    body.append(",\"requestsWaiting\":")
    body.append(decimal: health.requestsWaiting)
    body.append(",\"concurrency\":")
    body.append(decimal: limits.concurrency)
    body.append(",\"rateLimit\":")
    if let limit = limits.rateLimit {
      body.append("{\"requests\":")
      body.append(decimal: limit.requests)
      body.append(",\"perMs\":")
      body.append(decimal: limit.per.wholeMilliseconds)
      body.append("}")
    } else {
      body.appendNull()
    }
    body.append(",\"rateLimitPauseMs\":")
    write(health.rateLimitPause.map { Int($0.wholeMilliseconds) }, to: body)
    body.append(",\"circuit\":{\"failuresInARow\":")
    write(health.failuresInARow, to: body)
    body.append(",\"retryAfterMs\":")
    write(health.circuitPause.map { Int($0.wholeMilliseconds) }, to: body)
    body.append("},\"requestsTotal\":")
    body.append(decimal: health.requestsTotal)
    body.append(",\"retriesTotal\":")
    body.append(decimal: health.retriesTotal)
    body.append(",\"retriesLeft\":")
    body.append(decimal: health.retriesLeft)
    body.append(",\"failuresTotal\":{")
    for (index, failure) in health.failuresTotal.sorted(by: { $0.key < $1.key }).enumerated() {
      if index > 0 { body.append(",") }
      body.append(json: failure.key)
      body.append(":")
      body.append(decimal: failure.value)
    }
    body.append("}")
  }

  private func write(_ number: Int?, to body: ByteBuffer) {
    if let number { body.append(decimal: number) } else { body.appendNull() }
  }

  private func write(time milliseconds: Int64?, to body: ByteBuffer) {
    guard let milliseconds else { return body.appendNull() }
    body.append(json: Timestamp(milliseconds: milliseconds).text)
  }

  private func write(_ words: [String], to body: ByteBuffer) {
    body.append("[")
    for (index, word) in words.enumerated() {
      if index > 0 { body.append(",") }
      body.append(json: word)
    }
    body.append("]")
  }
}
