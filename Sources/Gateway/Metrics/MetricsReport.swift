import Bytes
import Transport
import Upstream

/// Everything that `/metrics` says, put together from what the loops have counted and from what they
/// share. The names are the product's: docs/OPERATIONS.md, the dashboard and the alert rules use them.
struct MetricsReport {
  let gateway: GatewayState
  let counts: LoopCounts
  /// By source.
  let upstream: [String: UpstreamCounts]
  let figures: ProcessFigures

  func write() -> ByteBuffer {
    var text = MetricsText()
    writeRequests(&text)
    writePages(&text)
    writeSources(&text)
    writeUpstream(&text)
    writeConnections(&text)
    writeHealth(&text)
    writeGateway(&text)
    writeProcess(&text)
    return text.body
  }

  // MARK: Callers

  private var routes: [(index: Int, path: String)] {
    Route.all.enumerated().map { ($0, $1.path) } + [(LoopCounts.noRoute, "none")]
  }

  private func writeRequests(_ text: inout MetricsText) {
    text.begin(
      "sessions_gateway_http_requests_total", .counter,
      "Requests answered; route none is what no route serves, unreadable requests too.")
    for (index, path) in routes {
      counts.forEachStatus(ofRoute: index) { status, count in
        text.sample(count, ("route", path), ("status", String(status)))
      }
    }
    text.begin(
      "sessions_gateway_http_request_duration_seconds", .histogram,
      "From a complete request to its answer.")
    for (index, path) in routes {
      text.sample(counts.durations[index], scale: 1e9, ("route", path))
    }
    text.begin(
      "sessions_gateway_http_requests_canceled_total", .counter,
      "Requests whose client left before the answer.")
    for (index, path) in routes { text.sample(counts.canceled[index], ("route", path)) }
    text.begin(
      "sessions_gateway_http_problems_total", .counter,
      "Answers that say no, by problem type; cursor refusals are the types cursor-*.")
    for (kind, count) in zip(Problem.Kind.allCases, counts.problems) {
      text.sample(count, ("type", kind.rawValue))
    }
    text.begin(
      "sessions_gateway_token_requests_total", .counter, "Requests answered, by name of the token.")
    for token in gateway.configuration.auth.tokens {
      text.sample(counts.tokens[token.name] ?? 0, ("token", token.name))
    }
    text.write(
      "sessions_gateway_http_requests_in_flight", .gauge, "Requests being worked on.",
      gateway.process.load?.requestCount ?? 0)
    text.write(
      "sessions_gateway_http_connections", .gauge, "Open connections of clients.",
      gateway.process.load?.connectionCount ?? 0)
  }

  // MARK: Pages

  private func writePages(_ text: inout MetricsText) {
    text.begin(
      "sessions_gateway_page_fill_ratio", .histogram, "Sessions on a page as a share of its limit.")
    text.sample(counts.pageFill, scale: 100)
    text.write(
      "sessions_gateway_pages_partial_total", .counter,
      "Pages that lack a failed source or rows past the scan limit.", counts.partialPages)
    text.write(
      "sessions_gateway_cache_bytes", .gauge, "Upstream answers that are kept.",
      gateway.store.keptBytes)
  }

  private func each(_ body: (_ name: String, _ counts: LoopCounts.SourceCounts) -> Void) {
    for source in gateway.sources {
      body(source.name, counts.sources[source.name] ?? LoopCounts.SourceCounts())
    }
  }

  private func writeSources(_ text: inout MetricsText) {
    text.begin(
      "sessions_gateway_source_pages_total", .counter, "Pages by how each source fared on them.")
    each { name, counts in
      text.sample(counts.okPages, ("source", name), ("state", "ok"))
      text.sample(counts.exhaustedPages, ("source", name), ("state", "exhausted"))
      text.sample(counts.failedPages, ("source", name), ("state", "failed"))
    }
    text.begin(
      "sessions_gateway_source_order_total", .counter,
      "Pages by how orderly the source's list was; native is as asked.")
    each { name, counts in
      for (order, count) in counts.orders.sorted(by: { $0.key < $1.key }) {
        text.sample(count, ("source", name), ("order", order.rawValue))
      }
    }
    text.begin("sessions_gateway_rows_scanned_total", .counter, "Upstream rows read for pages.")
    each { name, counts in text.sample(counts.scanned, ("source", name)) }
    text.begin("sessions_gateway_sessions_returned_total", .counter, "Sessions put on pages.")
    each { name, counts in text.sample(counts.returned, ("source", name)) }
    text.begin(
      "sessions_gateway_items_rejected_total", .counter,
      "Upstream items left out for want of a usable id or time.")
    each { name, counts in text.sample(counts.rejected, ("source", name)) }
    text.begin(
      "sessions_gateway_cache_lookups_total", .counter,
      "Windows wanted: kept ones, shared with a request under way, and asked for.")
    each { name, counts in
      text.sample(counts.keptLookups, ("source", name), ("result", "hit"))
      text.sample(counts.sharedLookups, ("source", name), ("result", "shared"))
      text.sample(counts.askedLookups, ("source", name), ("result", "miss"))
    }
  }

  // MARK: Upstream

  private func eachUpstream(_ body: (_ name: String, _ counts: UpstreamCounts) -> Void) {
    for source in gateway.sources { body(source.name, upstream[source.name] ?? UpstreamCounts()) }
  }

  private func writeUpstream(_ text: inout MetricsText) {
    text.begin(
      "sessions_gateway_upstream_requests_total", .counter,
      "Requests sent to sources, by outcome and attempt.")
    eachUpstream { name, counts in
      for outcome in UpstreamCounts.Outcome.allCases {
        for (attempt, count) in [
          ("first", counts.first[outcome.rawValue]), ("retry", counts.retried[outcome.rawValue]),
        ] where count > 0 || outcome == .ok {
          text.sample(
            count, ("source", name), ("outcome", outcome.word), ("attempt", attempt))
        }
      }
    }
    text.begin(
      "sessions_gateway_upstream_request_duration_seconds", .histogram,
      "From sending a request to its outcome, waiting for a connection included.")
    eachUpstream { name, counts in text.sample(counts.durations, scale: 1e9, ("source", name)) }
    text.begin(
      "sessions_gateway_upstream_calls_total", .counter,
      "Calls of sources by final outcome; one takes no request, one, or retries too.")
    eachUpstream { name, counts in
      for outcome in UpstreamCounts.Outcome.allCases
      where counts.calls[outcome.rawValue] > 0 || outcome == .ok {
        text.sample(
          counts.calls[outcome.rawValue], ("source", name), ("outcome", outcome.word))
      }
    }
    text.begin("sessions_gateway_upstream_retries_total", .counter, "Requests sent again.")
    for source in gateway.sources {
      text.sample(source.upstream.health.retriesTotal, ("source", source.name))
    }
    text.begin(
      "sessions_gateway_upstream_rate_limit_waits_total", .counter,
      "Requests held back by the configured limit, the source's own, or its Retry-After.")
    eachUpstream { name, counts in text.sample(counts.waits, ("source", name)) }
    text.begin(
      "sessions_gateway_upstream_rate_limit_wait_seconds_total", .counter,
      "How long they were held back.")
    eachUpstream { name, counts in
      text.sample(Double(counts.waited.wholeNanoseconds) / 1e9, ("source", name))
    }
  }

  private func writeConnections(_ text: inout MetricsText) {
    text.begin(
      "sessions_gateway_upstream_connections", .gauge,
      "Open connections to sources; shared ones speak HTTP/2.")
    eachUpstream { name, counts in
      text.sample(counts.idleConnections, ("source", name), ("state", "idle"))
      text.sample(counts.busyConnections, ("source", name), ("state", "busy"))
      text.sample(counts.sharedConnections, ("source", name), ("state", "shared"))
    }
    text.begin(
      "sessions_gateway_upstream_connections_opened_total", .counter,
      "Connections made to sources.")
    eachUpstream { name, counts in text.sample(counts.connectionsMade, ("source", name)) }
  }

  private func writeHealth(_ text: inout MetricsText) {
    let sources = gateway.sources.map { ($0.name, $0.upstream.health) }
    text.begin(
      "sessions_gateway_upstream_circuit_open", .gauge,
      "1 while the source is left alone but for a probe now and then.")
    for (name, health) in sources { text.sample(health.state == .open ? 1 : 0, ("source", name)) }
    text.begin(
      "sessions_gateway_upstream_last_success_timestamp_seconds", .gauge,
      "When the source last answered, in seconds since 1970; 0 before that.")
    for (name, health) in sources {
      text.sample(
        Double(health.lastSuccessMillisecondsSince1970 ?? 0) / 1_000, ("source", name))
    }
    text.begin(
      "sessions_gateway_upstream_requests_in_flight", .gauge, "Requests under way at sources.")
    for (name, health) in sources { text.sample(health.requestsInFlight, ("source", name)) }
    text.begin(
      "sessions_gateway_upstream_rate_limit_remaining", .gauge,
      "Requests left, where the source or the configuration says.")
    for (name, health) in sources {
      if let remaining = health.rateLimitRemaining { text.sample(remaining, ("source", name)) }
    }
  }

  // MARK: The process

  private func writeGateway(_ text: inout MetricsText) {
    text.begin(
      "sessions_gateway_loop_lag_seconds", .histogram,
      "How late the timers of the event loops fire, which waits for whatever a loop is doing.")
    text.sample(counts.loopLag, scale: 1e9)
    text.begin(
      "sessions_gateway_tracing_spans_total", .counter,
      "Finished spans by what became of them.")
    text.sample(counts.spansExported, ("result", "exported"))
    text.sample(counts.spansDropped, ("result", "dropped"))
    let reloads = gateway.process.reloads.figures
    text.begin(
      "sessions_gateway_config_reloads_total", .counter,
      "Times that the configuration was read again, by whether it took effect.")
    text.sample(reloads.done, ("result", "done"))
    text.sample(reloads.refused, ("result", "refused"))
    text.write(
      "sessions_gateway_config_last_reload_successful", .gauge,
      "0 when the files hold mistakes and the configuration before them is served.",
      reloads.lastWorked ? 1 : 0)
    text.write(
      "sessions_gateway_config_last_reload_success_timestamp_seconds", .gauge,
      "When the configuration that is served was read, in seconds since 1970.",
      Double(reloads.lastSuccessMilliseconds) / 1_000)
    text.write(
      "sessions_gateway_log_lines_dropped_total", .counter,
      "Log lines lost because whoever reads the log is too slow.",
      gateway.process.log?.droppedLines ?? 0)
    text.begin("sessions_gateway_build_info", .gauge, "Always 1; says which version runs.")
    text.sample(1, ("version", GatewayVersion.current))
    text.write(
      "sessions_gateway_draining", .gauge, "1 from the signal to stop on.",
      gateway.isDraining ? 1 : 0)
  }

  private func writeProcess(_ text: inout MetricsText) {
    text.write(
      "process_cpu_seconds_total", .counter, "Processor time, user and system.", figures.cpuSeconds)
    text.write(
      "process_resident_memory_bytes", .gauge, "Resident memory.", figures.residentBytes)
    text.write("process_virtual_memory_bytes", .gauge, "Virtual memory.", figures.virtualBytes)
    text.write("process_threads", .gauge, "Threads.", figures.threads)
    text.write("process_open_fds", .gauge, "Open file descriptors.", figures.openDescriptors)
    text.write(
      "process_max_fds", .gauge, "Most file descriptors that may be open.",
      figures.maximumDescriptors)
    text.write(
      "process_start_time_seconds", .gauge, "When the process started, in seconds since 1970.",
      figures.startTime)
  }
}

extension UpstreamCounts.Outcome {
  /// The error codes as the API spells them.
  var word: String { "\(self)" }
}
