import Bytes
import Foundation
import HTTP
import Server
import Testing
import Transport

@testable import Simulator

/// A clock that a test moves.
final class HandClock: Sendable {
  private let time: Guarded<WallTime>

  /// 2026-11-20T12:00:00Z unless told otherwise.
  init(_ start: WallTime = WallTime(milliseconds: 1_795_176_000_000)) { time = Guarded(start) }

  var now: WallTime { time.withLock { $0 } }

  func advance(by delay: Duration) { time.withLock { $0 = $0 + delay } }
}

/// Asks a service as a client would, without any socket.
struct ServiceClient {
  static let key = "a-key"
  let clock: HandClock
  let service: SimulatedService

  /// Nothing grows unless `options` say so.
  init(
    _ provider: SimulatedProvider, _ options: DatasetOptions = .still(),
    faults: SimulatorFaults = SimulatorFaults(), rateLimit: RateLimit? = nil
  ) {
    let clock = HandClock()
    self.clock = clock
    service = SimulatedService(
      provider, options, faults: faults, apiKey: ServiceClient.key, rateLimit: rateLimit,
      clock: { clock.now })
  }

  func response(
    _ target: String, fields: Fields? = nil, fault: FaultRule.Kind? = nil, method: String = "GET"
  ) -> Response {
    let parts = target.split(separator: "?", maxSplits: 1).map(String.init)
    let request = Request(
      method: method, path: parts[0], query: parts.count > 1 ? parts[1] : nil,
      fields: fields ?? Fields([("Authorization", "Bearer \(ServiceClient.key)")]))
    return service.answer(request, fault: fault)
  }

  func bytes(_ target: String) -> [UInt8] {
    guard let body = response(target).body else { return [] }
    return withExtendedLifetime(body) { Array(body.bytes) }
  }

  /// The answer's JSON; fails the test unless the status is as expected.
  func json(
    _ target: String, status: Status = 200, fault: FaultRule.Kind? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Any {
    let response = response(target, fault: fault)
    #expect(response.status == status, sourceLocation: sourceLocation)
    return try parse(response)
  }

  func object(
    _ target: String, status: Status = 200, fault: FaultRule.Kind? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> [String: Any] {
    try #require(
      try json(target, status: status, fault: fault, sourceLocation: sourceLocation)
        as? [String: Any], sourceLocation: sourceLocation)
  }

  /// The rows of a list answer, whatever its envelope.
  func rows(_ target: String, fault: FaultRule.Kind? = nil) throws -> [[String: Any]] {
    let answer = try json(target, fault: fault)
    let rows =
      answer as? [Any] ?? (answer as? [String: Any])?["data"] as? [Any]
      ?? (answer as? [String: Any])?["items"] as? [Any]
    return try #require(rows).map { $0 as? [String: Any] ?? [:] }
  }

  func ids(_ target: String, fault: FaultRule.Kind? = nil) throws -> [String] {
    try rows(target, fault: fault).map { $0["id"] as? String ?? "" }
  }
}

func parse(_ response: Response) throws -> Any {
  let body = try #require(response.body)
  let data = withExtendedLifetime(body) { Data(body.bytes) }
  return try JSONSerialization.jsonObject(with: data, options: [.fragmentsAllowed])
}

extension DatasetOptions {
  static func still(seed: UInt64 = 7, sessions: Int = 300, tieRate: Double = 0.1) -> DatasetOptions
  {
    DatasetOptions(seed: seed, sessions: sessions, growthPerMinute: 0, tieRate: tieRate)
  }
}

/// Milliseconds of a provider's timestamp.
func milliseconds(_ value: Any?) -> Int64? {
  (value as? String).flatMap { WallTime(iso: $0) }?.milliseconds
}
