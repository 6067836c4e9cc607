import Foundation
import Support
import Testing

/// Replicas share nothing but the cursor secret, also where they are processes of their own: the real
/// executable, started as an operator would.
@Suite struct ReplicaTests {
  @Test func threeProcessesInTurnWalkOneTraversalOnce() throws {
    let fixture = try GatewayFixture(sessions: 150)
    let replicas = try (0..<3).map { _ in try fixture.process() }
    defer { replicas.forEach { $0.stop() } }
    let before = try fixture.expected()
    var churn = Churn(seed: 3)
    let walk = try Walk(replicas.map { GatewayClient(port: $0.port) }, "", limit: 17) { _, _ in
      try churn.happen(to: fixture)
    }
    let throughout = Set(before.map(\.id)).intersection(try fixture.expected().map(\.id))
    #expect(walk.pages.count > 20)
    #expect(walk.doubles == [])
    #expect(throughout.subtracting(walk.ids) == [])
    #expect(SessionSort.newestFirst.disorder(in: walk.sessions) == nil)
  }

  @Test func aStopEndsTheProcessWithSuccess() throws {
    let replica = try GatewayFixture(sessions: 5).process()
    replica.stop()
    #expect(replica.exitStatus == 0)
  }
}
