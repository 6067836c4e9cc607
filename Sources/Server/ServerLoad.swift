import Synchronization
import Transport

/// What the servers of one process hold together: the counts that limits apply to.
package final class ServerLoad: Sendable {
  private let openConnections = Atomic<Int>(0)
  private let requests = Atomic<Int>(0)
  /// Open connections by peer; kept only while there is a limit by address.
  private let byAddress = Guarded<[String: Int]>([:])

  package init() {}

  package var connectionCount: Int { openConnections.load(ordering: .relaxed) }
  package var requestCount: Int { requests.load(ordering: .relaxed) }

  /// Counts a connection in, unless a limit is reached.
  func admitConnection(from address: String, _ configuration: ServerConfiguration) -> Bool {
    let (before, _) = openConnections.add(1, ordering: .relaxed)
    guard before < configuration.connections else {
      openConnections.subtract(1, ordering: .relaxed)
      return false
    }
    let limit = configuration.connectionsPerAddress
    guard limit > 0 else { return true }
    let admitted = byAddress.withLock { counts in
      let count = counts[address, default: 0]
      if count < limit { counts[address] = count + 1 }
      return count < limit
    }
    if !admitted { openConnections.subtract(1, ordering: .relaxed) }
    return admitted
  }

  func releaseConnection(from address: String, _ configuration: ServerConfiguration) {
    openConnections.subtract(1, ordering: .relaxed)
    guard configuration.connectionsPerAddress > 0 else { return }
    byAddress.withLock { counts in
      let count = counts[address, default: 1] - 1
      counts[address] = count > 0 ? count : nil
    }
  }

  func admitRequest(limit: Int) -> Bool {
    let (before, _) = requests.add(1, ordering: .relaxed)
    if before < limit { return true }
    requests.subtract(1, ordering: .relaxed)
    return false
  }

  func releaseRequest() { requests.subtract(1, ordering: .relaxed) }
}
