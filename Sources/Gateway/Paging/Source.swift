package import Logging
package import Sessions
import Synchronization
import Transport
package import Upstream

/// One configured source, as all loops share it.
package final class Source: Sendable {
  package let settings: SourceSettings
  package let upstream: UpstreamShared
  package let rendering: SessionRendering
  /// The name and a colon: what the global ids of its sessions begin with.
  let idPrefix: [UInt8]
  /// Parameters that the provider applies itself.
  package let pushedDown: Set<String>
  /// Its name, and a number that tells it from others that had the name before it: what was read of one
  /// account must not be served as another's.
  package let storeKey: String
  let log: SourceLog
  /// What its certificate files held.
  private let certificates: [[UInt8]]

  private static let made = Atomic<Int>(0)

  package init(_ settings: SourceSettings, upstream: UpstreamShared, logger: Logger) {
    self.settings = settings
    self.upstream = upstream
    certificates = Self.certificates(settings)
    log = SourceLog("source \(settings.name)", logger: logger)
    storeKey = "\(settings.name)#\(Self.made.add(1, ordering: .relaxed).newValue)"
    idPrefix = Array("\(settings.name):".utf8)
    rendering = SessionRendering(source: settings.name, provider: settings.provider)
    pushedDown = Set(settings.provider.pushedDown)
  }

  /// Whether a source made from `settings` now would be this one again.
  func isMade(from settings: SourceSettings) -> Bool {
    self.settings.isSame(as: settings) && certificates == Self.certificates(settings)
  }

  /// Digests, since only whether they changed is of interest.
  private static func certificates(_ settings: SourceSettings) -> [[UInt8]] {
    [settings.tls.caFile, settings.tls.clientCertificateFile, settings.tls.clientKeyFile].map {
      CallerToken.digest(($0.flatMap { try? SmallFile.contents($0) } ?? "").utf8)
    }
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
