import Foundation
import Gateway
import Logging
import Providers
import Sessions
import Simulator
import Support
import Testing
import Transport
import Upstream

/// A gateway on a free port before three simulated upstreams of its own. Everything runs in this
/// process and ends with the fixture.
final class GatewayFixture {
  static let secret = Array("a secret of thirty-two bytes, or so".utf8)

  let simulator: Simulator
  let gateway: Gateway
  let client: GatewayClient
  let clock: HandClock

  /// - Parameter sessions: rows of each upstream at the start; they stay as they are.
  init(
    sessions: Int = 60, loops: Int = 1, resolver: HostResolver = HostResolver(),
    log: LogSink? = nil, simulate: (inout SimulatorOptions) -> Void = { _ in },
    configure: (inout GatewayConfiguration) throws -> Void = { _ in }
  ) throws {
    let clock = HandClock()
    var options = SimulatorOptions()
    options.dataset = DatasetOptions(
      seed: 7, sessions: sessions, growthPerMinute: 0, tieRate: 0.1)
    simulate(&options)
    self.clock = clock
    simulator = try Simulator(options, clock: { clock.now })
    gateway = try GatewayFixture.gateway(
      before: simulator, loops: loops, resolver, log: log, configure)
    client = GatewayClient(RunningServers(gateway, simulator))
  }

  /// Another gateway before the same upstreams, which are the fixture's to stop.
  func anotherGateway(
    _ configure: (inout GatewayConfiguration) throws -> Void = { _ in }
  ) throws -> RunningGateway {
    RunningGateway(
      try GatewayFixture.gateway(before: simulator, loops: 1, HostResolver(), configure))
  }

  private static func gateway(
    before simulator: Simulator, loops: Int, _ resolver: HostResolver, log: LogSink? = nil,
    _ configure: (inout GatewayConfiguration) throws -> Void
  ) throws -> Gateway {
    try start(loops: loops, resolver, log: log) { configuration in
      configuration.sources = try SimulatedProvider.allCases.map { try source($0, of: simulator) }
      try configure(&configuration)
    }
  }

  static func start(
    loops: Int = 1, _ resolver: HostResolver = HostResolver(), log: LogSink? = nil,
    _ configure: (inout GatewayConfiguration) throws -> Void
  ) throws -> Gateway {
    var configuration = GatewayConfiguration()
    configuration.listen.port = 0
    configuration.auth.isDisabled = true
    configuration.cursor.secrets = [secret]
    try configure(&configuration)
    return try Gateway(
      configuration, loops: loops,
      logger: log.map(LogOutput.logger)
        ?? Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
      log: log, resolver: resolver)
  }

  static func source(
    _ provider: SimulatedProvider, of simulator: Simulator, name: String? = nil
  ) throws -> SourceSettings {
    try source(
      provider.rawValue, at: simulator.baseURL(provider), key: simulator.apiKey(provider),
      name: name)
  }

  static func source(
    _ provider: String, at address: String, key: String, name: String? = nil
  ) throws -> SourceSettings {
    let known = try #require(ProviderCatalog.all.first { $0.name == provider })
    return SourceSettings(
      name: name ?? provider, provider: known, origin: try UpstreamOrigin(address),
      apiKey: Secret(key))
  }

  /// The variables of a gateway elsewhere, before the same upstreams.
  var environment: [String: String] {
    var variables = ["GATEWAY_CURSOR_SECRET": "the-secret-that-all-replicas-share"]
    for provider in SimulatedProvider.allCases {
      let name = provider.rawValue.uppercased()
      variables["\(name)_BASE_URL"] = simulator.baseURL(provider)
      variables["\(name)_API_KEY"] = simulator.apiKey(provider)
    }
    return variables
  }

  /// Such a gateway, on a port of the system's choice.
  func process(
    _ more: [String: String] = [:], descriptors: Int? = nil
  ) throws -> GatewayProcess {
    let own = ["GATEWAY_AUTH": "none", "GATEWAY_LOG_LEVEL": "error", "GATEWAY_PORT": "0"]
    return try GatewayProcess(
      environment.merging(own) { $1 }.merging(more) { $1 }, descriptors: descriptors)
  }

  /// Serves from this once it returns: a loop takes its jobs before the connections that come later.
  func adopt(_ configuration: GatewayConfiguration) throws {
    try gateway.adopt(configuration)
    _ = try client.get("/healthz")
  }

  /// Waits until something is so that others bring about.
  static func wait(
    until isSo: () throws -> Bool, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let end = Instant.now() + .seconds(10)
    while try !isSo() {
      try #require(Instant.now() < end, "it never came about", sourceLocation: sourceLocation)
      usleep(1_000)
    }
  }

  // MARK: Looking on

  /// Requests that the three upstreams have seen.
  var requests: [String: Int] {
    Dictionary(
      uniqueKeysWithValues: SimulatedProvider.allCases.map {
        ($0.rawValue, simulator.service($0).counts.requests)
      })
  }

  var requestCount: Int { requests.values.reduce(0, +) }

  func setFault(
    _ kind: FaultRule.Kind?, at providers: [SimulatedProvider] = SimulatedProvider.allCases
  ) {
    for provider in providers {
      simulator.service(provider).setFaults(
        SimulatorFaults(rules: kind.map { [FaultRule($0)] } ?? []))
    }
  }

  /// Every session that the upstreams list by default, as the API shows it, in no order.
  func expected(_ providers: [SimulatedProvider] = SimulatedProvider.allCases) throws -> [Session] {
    try providers.flatMap { provider in
      let service = simulator.service(provider)
      // Athena leaves these out unless asked; the others do not know them.
      return try service.rows().filter { provider != .athena || !$0.isSubSession && !$0.isTask }
        .map { Session(try mapped(provider, $0.id)) }
    }
  }

  /// One session as the API shows it.
  func mapped(_ provider: SimulatedProvider, _ id: String) throws -> [String: Any] {
    let bytes = try #require(simulator.service(provider).json(of: id))
    let object = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
    return ContractMapping(source: provider.rawValue, provider: provider.rawValue)
      .session(try #require(object))
  }

  func ids(_ provider: SimulatedProvider) -> [String] {
    simulator.service(provider).rows().map(\.id)
  }
}

/// A gateway that ends with the last client of it.
struct RunningGateway {
  let client: GatewayClient

  init(_ gateway: Gateway) { client = GatewayClient(RunningServers(gateway, nil)) }
}

/// Stops what it holds when nobody can ask any more.
final class RunningServers {
  let gateway: Gateway
  private let simulator: Simulator?

  init(_ gateway: Gateway, _ simulator: Simulator?) {
    self.gateway = gateway
    self.simulator = simulator
  }

  deinit {
    gateway.stop()
    simulator?.stop()
  }
}

/// The simulated upstreams' time of day: the real one at the start, then moved by the test.
final class HandClock: Sendable {
  private let time = Guarded(WallTime.now())

  var now: WallTime { time.withLock { $0 } }

  func advance(by delay: Duration) { time.withLock { $0 = $0 + delay } }
}
