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
    try ParameterReader(try exchange.pairs(), known: []).checkNames()
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
    body.append(",\"capabilities\":{\"filters\":")
    write(source.provider.pushedDown, to: body)
    body.append(",\"orders\":")
    let orders = ListParameters.orders.filter {
      source.provider.nativeOrder(for: $0.order) == $0.order
    }
    write(orders.map(\.name), to: body)
    body.append(",\"maximumPage\":")
    body.append(decimal: source.provider.windows.maximum)
    body.append("}}")
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
