import HTTP
import Logging
package import Sessions
package import Transport
package import Upstream

/// What all loops share: the configuration, the sources made from it, and what is kept. Replaced as
/// a whole when the configuration changes, never altered.
package final class GatewayState: Sendable {
  package let configuration: GatewayConfiguration
  package let sources: [Source]
  package let store: WindowStore
  package let signer: CursorSigner
  package let authenticator: Authenticator
  package let providers: [any SessionProvider]
  package let process: ServingProcess
  /// For spans that go to an https endpoint.
  let collectorTLS: TLSContext?

  /// - Parameter previous: what has been served from so far. A source that stays as it was goes on
  ///   with its circuit, pace and figures; what is kept stays kept.
  package init(
    _ configuration: GatewayConfiguration, providers: [any SessionProvider],
    process: ServingProcess, replacing previous: GatewayState? = nil
  ) throws(TransportError) {
    self.configuration = configuration
    self.providers = providers
    self.process = process
    var sources: [Source] = []
    for settings in configuration.sources {
      let known = previous?.sources.first { $0.name == settings.name }
      if let known, known.isMade(from: settings) {
        sources.append(known)
      } else {
        let upstream = try UpstreamShared(
          settings.upstream, resolver: process.resolver, continuing: known?.upstream)
        sources.append(Source(settings, upstream: upstream, logger: process.logger))
      }
    }
    self.sources = sources
    if let previous, previous.configuration.cache == configuration.cache {
      store = previous.store
    } else {
      store = WindowStore(
        ttl: configuration.cache.ttl, readAhead: configuration.cache.readAhead,
        maximumBytes: configuration.cache.maxBytes)
    }
    signer = CursorSigner(
      secrets: configuration.cursor.secrets, lifetime: configuration.cursor.lifetime)
    authenticator = Authenticator(configuration, continuing: previous?.authenticator)
    collectorTLS =
      configuration.tracing.endpoint?.isSecure == true
      ? try TLSContext(clientTrusting: nil, protocols: []) : nil
  }

  package var isDraining: Bool { process.isDraining }
}

/// What one loop adds: its connections to the sources, and what is under way there.
package final class RequestContext {
  package let gateway: GatewayState
  package let loop: EventLoop
  package let fetcher: WindowFetcher
  package let scans: ScanRunner
  /// In the order of `gateway.sources`.
  package let clients: [UpstreamClient]
  /// Made for the first answer that is packed.
  lazy var deflater = GzipDeflater()
  let lists: ListRequests
  /// Nil where nothing is kept.
  let pages: PageMemo?
  let metrics: LoopMetrics
  /// Nil unless the configuration asks for traces.
  let tracer: Tracer?

  /// - Parameter previous: what this loop has served from so far. Requests under way hold on to it, and
  ///   with the last of them go the connections to sources that are no more.
  package init(
    _ gateway: GatewayState, on loop: EventLoop, replacing previous: RequestContext? = nil
  ) {
    self.gateway = gateway
    self.loop = loop
    metrics = previous?.metrics ?? LoopMetrics()
    if let previous, previous.gateway.configuration.tracing == gateway.configuration.tracing {
      tracer = previous.tracer
    } else {
      tracer = Tracer(gateway, on: loop, metrics: metrics)
    }
    if let previous, previous.gateway.store === gateway.store {
      (fetcher, scans) = (previous.fetcher, previous.scans)
    } else {
      fetcher = WindowFetcher(loop: loop, store: gateway.store, metrics: metrics)
      scans = ScanRunner(loop: loop, fetcher: fetcher, store: gateway.store)
    }
    lists = ListRequests(gateway)
    pages =
      gateway.store.isEnabled
      ? PageMemo(
        store: gateway.store, cursorLifetime: gateway.configuration.cursor.lifetime) : nil
    clients = gateway.sources.map { source in
      let known = previous?.gateway.sources.firstIndex { $0 === source }
      return previous.flatMap { previous in known.map { previous.clients[$0] } }
        ?? UpstreamClient(source.upstream, on: loop)
    }
  }
}
