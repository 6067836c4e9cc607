import Gateway
import Logging
import Providers
import Simulator
import Testing
import Upstream

/// A gateway of this process, before three simulated upstreams for which time stands still; they end
/// with it.
final class PeerGateway {
  static let token = "a-token-of-the-peer-tests"

  private let gateway: Gateway
  private let simulator: Simulator
  var port: UInt16 { gateway.address.port }
  var address: String { "http://127.0.0.1:\(port)" }

  /// - Parameters:
  ///   - fault: what happens to each request at Anam.
  ///   - permissions: what `token` may; nil: nobody needs one.
  init(fault: FaultRule.Kind? = nil, permissions: CallerToken.Permissions? = nil) throws {
    var options = SimulatorOptions()
    options.dataset = DatasetOptions(seed: 11, sessions: 1_500)
    try options.addLatency("20ms")
    // Nothing changes between what a page showed and what is compared.
    let now = WallTime.now()
    let simulator = try Simulator(options, clock: { now })
    self.simulator = simulator
    if let fault {
      simulator.service(.anam).setFaults(SimulatorFaults(rules: [FaultRule(fault)]))
    }
    var configuration = GatewayConfiguration()
    configuration.listen.port = 0
    configuration.isDemo = true
    configuration.cursor.secrets = [Array("a secret of the peer tests, long enough".utf8)]
    // Where nothing matches there are empty pages, more than one.
    configuration.query.pageBudget = 1
    configuration.auth.isDisabled = permissions == nil
    configuration.auth.tokens =
      permissions.map {
        [CallerToken(name: "peer", sha256: CallerToken.digest(Self.token.utf8), permissions: $0)]
      } ?? []
    configuration.sources = try ProviderCatalog.all.map { provider in
      let simulated = try #require(SimulatedProvider(rawValue: provider.name))
      return SourceSettings(
        name: provider.name, provider: provider,
        origin: try UpstreamOrigin(simulator.baseURL(simulated)),
        apiKey: Secret(simulator.apiKey(simulated)))
    }
    gateway = try Gateway(
      configuration, loops: 2, logger: Logger(label: "peer") { _ in SwiftLogNoOpLogHandler() })
  }

  deinit {
    gateway.stop()
    simulator.stop()
  }
}
