import Synchronization
import Transport

/// What the servers of one process hold together: the counts that limits apply to.
package final class ServerLoad: Sendable {
  private let openConnections = Atomic<Int>(0)
  private let requests = Atomic<Int>(0)
  /// What each client has open; counted only while there is a limit by address.
  private let byAddress = Guarded<[IPAddress: Int]>([:])

  package init() {}

  package var connectionCount: Int { openConnections.load(ordering: .relaxed) }
  package var requestCount: Int { requests.load(ordering: .relaxed) }

  /// Counts a connection in, unless there are as many.
  func admitConnection(limit: Int) -> Bool { Self.admit(openConnections, limit) }

  func releaseConnection() { openConnections.subtract(1, ordering: .relaxed) }

  func admitRequest(limit: Int) -> Bool { Self.admit(requests, limit) }

  func releaseRequest() { requests.subtract(1, ordering: .relaxed) }

  /// - Parameter limit: of what one address has open; whoever is counted in is counted out.
  func admit(_ address: IPAddress, limit: Int) -> Bool {
    byAddress.withLock { counts in
      let count = counts[address, default: 0]
      if count < limit { counts[address] = count + 1 }
      return count < limit
    }
  }

  func release(_ address: IPAddress) {
    byAddress.withLock { counts in
      let count = counts[address, default: 1] - 1
      counts[address] = count > 0 ? count : nil
    }
  }

  private static func admit(_ counter: borrowing Atomic<Int>, _ limit: Int) -> Bool {
    let (before, _) = counter.add(1, ordering: .relaxed)
    if before < limit { return true }
    counter.subtract(1, ordering: .relaxed)
    return false
  }
}
