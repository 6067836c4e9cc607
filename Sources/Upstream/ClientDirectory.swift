import Transport

/// The clients of one loop, for permits that other loops hand over.
final class ClientDirectory {
  private struct Entry {
    weak var client: UpstreamClient?
  }

  private var entries: [ObjectIdentifier: Entry] = [:]

  static func on(_ loop: EventLoop) -> ClientDirectory {
    if let known = loop.attached(ClientDirectory.self) { return known }
    let made = ClientDirectory()
    loop.attach(made)
    return made
  }

  func add(_ client: UpstreamClient) {
    // Those of sources that a new configuration has dropped.
    entries = entries.filter { $0.value.client != nil }
    entries[ObjectIdentifier(client.shared)] = Entry(client: client)
  }

  func remove(_ client: UpstreamClient) {
    let key = ObjectIdentifier(client.shared)
    if entries[key]?.client === client { entries[key] = nil }
  }

  /// Gives a permit back, and hands it to the loop that has waited longest, if any. By a job, also on
  /// the same loop: a call that ends must not begin another in the middle of its own change of state.
  static func giveBack(_ shared: UpstreamShared) {
    guard let next = shared.givePermitBack() else { return }
    next.submit { loop in
      guard let client = ClientDirectory.on(loop).entries[ObjectIdentifier(shared)]?.client else {
        return giveBack(shared)
      }
      client.handedPermit()
    }
  }
}
