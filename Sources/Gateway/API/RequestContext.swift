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
  package let isDraining: @Sendable () -> Bool

  package init(
    _ configuration: GatewayConfiguration, providers: [any SessionProvider],
    resolver: HostResolver = HostResolver(), isDraining: @escaping @Sendable () -> Bool = { false }
  ) throws(TransportError) {
    self.configuration = configuration
    self.providers = providers
    self.isDraining = isDraining
    var sources: [Source] = []
    for settings in configuration.sources {
      sources.append(
        Source(settings, upstream: try UpstreamShared(settings.upstream, resolver: resolver)))
    }
    self.sources = sources
    store = WindowStore(
      ttl: configuration.cache.ttl, readAhead: configuration.cache.readAhead,
      maximumBytes: configuration.cache.maxBytes)
    signer = CursorSigner(
      secrets: configuration.cursor.secrets, lifetime: configuration.cursor.lifetime)
    authenticator = Authenticator(configuration)
  }
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

  package init(_ gateway: GatewayState, on loop: EventLoop) {
    self.gateway = gateway
    self.loop = loop
    fetcher = WindowFetcher(loop: loop, store: gateway.store)
    scans = ScanRunner(loop: loop, fetcher: fetcher, store: gateway.store)
    clients = gateway.sources.map { UpstreamClient($0.upstream, on: loop) }
  }

  func parts(of traversal: Traversal, limit: Int) -> [PageLoader.Part] {
    traversal.members.compactMap { source, position in
      guard let index = gateway.sources.firstIndex(where: { $0 === source }) else { return nil }
      return PageLoader.Part(
        source: source, client: clients[index],
        plan: traversal.plan(source, gateway, limit: limit), position: position)
    }
  }
}
