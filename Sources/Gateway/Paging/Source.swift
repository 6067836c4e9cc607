package import Sessions
import Transport
package import Upstream

/// One configured source, as all loops share it.
package final class Source: Sendable {
  package let settings: SourceSettings
  package let upstream: UpstreamShared
  package let rendering: SessionRendering
  /// Parameters that the provider applies itself.
  package let pushedDown: Set<String>

  package init(_ settings: SourceSettings, upstream: UpstreamShared) {
    self.settings = settings
    self.upstream = upstream
    rendering = SessionRendering(source: settings.name, provider: settings.provider)
    pushedDown = Set(settings.provider.pushedDown)
  }

  package var name: String { settings.name }
  package var provider: any SessionProvider { settings.provider }

  /// How an order runs through this source's list, and nil when it has to be read in full.
  package func direction(for order: SessionOrder) -> WalkDirection? {
    switch provider.nativeOrder(for: order) {
    case order?: .onward
    case order.reversed?: .backward
    default: nil
    }
  }
}
