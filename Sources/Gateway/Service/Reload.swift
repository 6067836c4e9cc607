import Logging
import Transport

/// `SIGHUP`: reads the configuration again and has the gateway serve from it. One with mistakes changes
/// nothing: each is said, and what was served goes on being served.
package struct Reload {
  let gateway: Gateway
  let logger: Logger
  let file: String?
  let demo: Bool

  func run() {
    switch ConfigurationLoader.load(environment: Environment.all, file: file, demo: demo) {
    case .failure(let mistakes): refuse(mistakes.all.map(\.description))
    case .success(let loaded): adopt(loaded)
    }
  }

  private func adopt(_ loaded: GatewayConfiguration) {
    let before = gateway.state.configuration
    var after = loaded
    let restart = Self.settle(&after, servedBy: before)
    guard after.admitsCallers else {
      return refuse([
        "auth.tokens: none is left, and \(before.listen.host), which this process listens on until it"
          + " is restarted, can be reached from other machines"
      ])
    }
    do throws(TransportError) {
      try gateway.adopt(after)
    } catch {
      return refuse(["\(error)"])
    }
    gateway.noteReload(worked: true)
    for warning in after.warnings { logger.warning("\(warning)") }
    for key in restart {
      logger.warning("\(key) has changed, which takes effect at a restart only")
    }
    logger.notice("configuration reloaded", metadata: Self.changes(before, after))
  }

  private func refuse(_ mistakes: [String]) {
    gateway.noteReload(worked: false)
    for mistake in mistakes { logger.error("configuration not reloaded: \(mistake)") }
  }

  /// Keeps what a running process cannot change, and names what of that the file says otherwise.
  package static func settle(
    _ after: inout GatewayConfiguration, servedBy before: GatewayConfiguration
  ) -> [String] {
    var restart: [String] = []
    if after.listen.host != before.listen.host { restart.append("listen.host") }
    if after.listen.port != before.listen.port { restart.append("listen.port") }
    if after.listen.takeOver != before.listen.takeOver { restart.append("listen.takeOver") }
    after.listen.host = before.listen.host
    after.listen.port = before.listen.port
    after.listen.takeOver = before.listen.takeOver
    // Cursors that were handed out hold on: a random secret ends with the process, not before it.
    if after.cursor.isRandom, before.cursor.isRandom {
      after.cursor.secrets = before.cursor.secrets
    }
    // The simulated upstreams run on.
    if after.isDemo { after.sources = before.sources }
    return restart
  }

  /// Names alone: what a source or a token is made of may be secret.
  static func changes(
    _ before: GatewayConfiguration, _ after: GatewayConfiguration
  ) -> Logger.Metadata {
    var metadata: Logger.Metadata = [
      "sources": .stringConvertible(after.sources.count),
      "tokens": .stringConvertible(after.auth.tokens.count),
    ]
    func note(_ key: String, _ names: [String]) {
      if !names.isEmpty { metadata[key] = .string(names.joined(separator: ",")) }
    }
    let (old, new) = (before.sources, after.sources)
    note("added", new.map(\.name).filter { name in !old.contains { $0.name == name } })
    note("removed", old.map(\.name).filter { name in !new.contains { $0.name == name } })
    note(
      "changed",
      new.filter { source in
        old.contains { $0.name == source.name && !$0.isSame(as: source) }
      }.map(\.name))
    return metadata
  }
}

extension GatewayConfiguration {
  /// Whether somebody may ask, on the address that is listened on.
  package var admitsCallers: Bool {
    !auth.tokens.isEmpty || auth.isDisabled || isDemo || listen.isLoopback
  }
}
