import Transport

/// The clients of one loop, for permits that are handed to it.
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

  /// Gives a permit back, and hands it to the loop that it goes to, if any. At the end of the turn on
  /// the same loop: a call that ends must not begin another in the middle of its own change of state.
  static func giveBack(_ shared: UpstreamShared, from loop: EventLoop) {
    guard let next = shared.givePermitBack(from: loop.handle) else { return }
    if next === loop.handle {
      loop.defer { [unowned loop] in hand(shared, to: loop) }
    } else {
      next.submit { hand(shared, to: $0) }
    }
  }

  private static func hand(_ shared: UpstreamShared, to loop: EventLoop) {
    if let client = on(loop).entries[ObjectIdentifier(shared)]?.client {
      client.handedPermit()
    } else {
      giveBack(shared, from: loop)
    }
  }
}
