import Bytes
import Transport

@testable import Upstream

/// One loop, driven by the test's own thread, with one source's client on it.
final class ClientHarness {
  struct Answer: Equatable {
    var status: Int
    var text: String
    var requests: Int
  }

  /// The real time, and what the test has added to it by hand.
  let clock = MovedClock()
  let loop: EventLoop
  let shared: UpstreamShared
  let client: UpstreamClient

  init(
    port: UInt16, scheme: String = "http", host: String = "127.0.0.1",
    resolver: HostResolver = HostResolver(),
    _ configure: (inout UpstreamConfiguration) -> Void = { _ in }
  ) throws {
    loop = EventLoop { [clock] in clock.now }
    let origin = try UpstreamOrigin("\(scheme)://\(host):\(port)/base/")
    var configuration = UpstreamConfiguration(
      name: "test", origin: origin,
      credential: .init(fieldName: "Authorization", value: Secret("Bearer s3cret")))
    configure(&configuration)
    shared = try UpstreamShared(configuration, resolver: resolver)
    client = UpstreamClient(shared, on: loop)
  }

  deinit { client.close() }

  /// Runs one call to its end.
  func get(
    _ target: String = "/x?y=1", within limit: Duration = .seconds(5),
    verdict: UpstreamVerdict = .usable
  ) -> Result<Answer, UpstreamFailure> {
    var outcome: Result<Answer, UpstreamFailure>?
    start(target, within: limit, verdict: verdict) { outcome = $0 }
    turn { outcome != nil }
    return outcome ?? .failure(UpstreamFailure(.timeout, "the test's own patience ended"))
  }

  @discardableResult
  func start(
    _ target: String = "/x?y=1", within limit: Duration = .seconds(5),
    verdict: UpstreamVerdict = .usable,
    completion: @escaping (Result<Answer, UpstreamFailure>) -> Void
  ) -> UpstreamCall {
    // The loop's own idea of now is as old as its last turn.
    loop.turn(waitingAtMost: .zero)
    return client.get(target, deadline: loop.now + limit) { result in
      completion(
        result.map { Answer(status: $0.status, text: $0.body.text, requests: $0.requests) })
      return verdict
    }
  }

  /// Turns the loop until `isDone`, at most ten seconds.
  func turn(until isDone: () -> Bool) {
    let end = Instant.now() + .seconds(10)
    while !isDone(), Instant.now() < end { loop.turn(waitingAtMost: .milliseconds(100)) }
  }
}

final class MovedClock {
  private var moved = Duration.zero

  var now: Instant { Instant.now() + moved }

  func advance(by time: Duration) { moved += time }
}

extension Result where Failure == UpstreamFailure {
  var code: UpstreamFailure.Code? {
    if case .failure(let failure) = self { return failure.code }
    return nil
  }
}
