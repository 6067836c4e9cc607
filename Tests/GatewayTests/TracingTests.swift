import Bytes
import Foundation
import Gateway
import HTTP
import Server
import Simulator
import Support
import Testing
import Transport
import Upstream

@Suite struct TracingTests {
  static let traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
  static let parent = "00-\(traceID)-00f067aa0ba902b7-01"

  // MARK: traceparent

  @Test func aTraceparentIsReadAndWritten() throws {
    let context = try #require(TraceContext(Self.parent))
    #expect(context.isSampled && context.span == 0x00f0_67aa_0ba9_02b7)
    #expect(context.text == Self.parent)
    #expect(TraceContext("00-\(Self.traceID)-00f067aa0ba902b7-00")?.isSampled == false)
    // Another version may say more, and other flags are not ours.
    #expect(TraceContext("cc-\(Self.traceID)-00f067aa0ba902b7-01-more")?.isSampled == true)
    #expect(TraceContext("cc-\(Self.traceID)-00f067aa0ba902b7-09") != nil)
  }

  @Test(arguments: [
    "", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
    "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
    "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
    "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
    "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x",
    "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
    "0\u{430}-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
  ])
  func aMalformedTraceparentIsIgnored(text: String) {
    #expect(TraceContext(text) == nil)
  }

  // MARK: Export

  @Test func aRequestAndItsCallsAreSpansOfTheCallersTrace() throws {
    let collector = try Collector()
    let fixture = try Self.fixture(collector)
    #expect(
      try fixture.client.get("/v1/sessions?q=word", ["traceparent": Self.parent]).status == 200)
    let spans = try collector.wait(forSpans: 4, of: fixture)
    #expect(Set(spans.compactMap { $0["traceId"] as? String }) == [Self.traceID])
    let root = try #require(spans.first { $0["kind"] as? Int == 2 })
    #expect(root["name"] as? String == "GET /v1/sessions")
    #expect(root["parentSpanId"] as? String == "00f067aa0ba902b7")
    let calls = spans.filter { $0["kind"] as? Int == 3 }
    #expect(
      Set(calls.compactMap { $0["name"] as? String }) == ["ask alcamine", "ask anam", "ask athena"])
    for call in calls {
      #expect(call["parentSpanId"] as? String == root["spanId"] as? String)
      let start = try #require((call["startTimeUnixNano"] as? String).flatMap { UInt64($0) })
      let end = try #require((call["endTimeUnixNano"] as? String).flatMap { UInt64($0) })
      #expect(start > 1_600_000_000_000_000_000 && end >= start)
      #expect(canonicalJSON(call).contains("\"ok\""))
    }
    #expect(Set(spans.compactMap { $0["spanId"] as? String }).count == 4)
    // What was asked for stays here.
    #expect(!collector.bodies.contains { $0.contains("word") })
    let samples = try Samples(fixture.client)
    #expect(
      samples["sessions_gateway_tracing_spans_total", "result=\"exported\""].map { $0 >= 4 } == true
    )
  }

  @Test func aTraceOfOurOwnBeginsWhereThereIsNone() throws {
    let collector = try Collector()
    let fixture = try Self.fixture(collector)
    for header in [[:], ["traceparent": "nonsense"]] {
      #expect(try fixture.client.get("/v1/sources", header).status == 200)
    }
    let spans = try collector.wait(forSpans: 2, of: fixture)
    #expect(Set(spans.compactMap { $0["traceId"] as? String }).count == 2)
    #expect(spans.allSatisfy { $0["parentSpanId"] == nil })
  }

  @Test func whatIsNotSampledIsNotExported() throws {
    let collector = try Collector()
    let fixture = try Self.fixture(collector)
    let unsampled = ["traceparent": "00-\(Self.traceID)-00f067aa0ba902b7-00"]
    #expect(try fixture.client.get("/v1/sources", unsampled).status == 200)
    #expect(try fixture.client.get("/v1/sources").status == 200)
    let spans = try collector.wait(forSpans: 1, of: fixture)
    #expect(!spans.contains { $0["traceId"] as? String == Self.traceID })
  }

  @Test func aFailureIsMarked() throws {
    let collector = try Collector()
    let fixture = try Self.fixture(collector)
    fixture.setFault(.status(500, nil))
    #expect(try fixture.client.get("/v1/sessions").status == 502)
    for span in try collector.wait(forSpans: 4, of: fixture) {
      #expect((span["status"] as? [String: Any])?["code"] as? Int == 2)
    }
  }

  @Test func aCollectorThatRefusesCostsSpansAlone() throws {
    let collector = try Collector(status: 503)
    let fixture = try Self.fixture(collector)
    #expect(try fixture.client.get("/v1/sources").status == 200)
    fixture.gateway.finishTracing()
    let name = "sessions_gateway_tracing_spans_total"
    try GatewayFixture.wait(until: {
      try Samples(fixture.client)[name, "result=\"dropped\""].map { $0 >= 1 } == true
    })
  }

  // MARK: Propagation

  @Test(arguments: [false, true], [false, true])
  func upstreamsAreToldTheTraceOnlyWhereThatIsConfigured(propagates: Bool, exports: Bool) throws {
    let upstream = try Collector(status: 500)
    let collector = try Collector()
    let gateway = try GatewayFixture.start { configuration in
      configuration.sources = [try GatewayFixture.source("anam", at: upstream.url, key: "a-key")]
      configuration.tracing.propagate = propagates
      if exports { configuration.tracing.endpoint = try UpstreamOrigin(collector.url) }
    }
    let client = GatewayClient(RunningServers(gateway, nil))
    _ = try client.get("/v1/sessions", ["traceparent": Self.parent])
    let told = upstream.traceparents
    #expect(!told.isEmpty)
    for field in told {
      guard propagates else {
        #expect(field == nil)
        continue
      }
      #expect(field.flatMap { TraceContext($0) }?.traceID == Self.traceID)
      #expect(field != Self.parent)
    }
    // A request that bears no trace begins one where spans are exported, and only there.
    _ = try client.get("/v1/sessions/anam:x")
    let further = upstream.traceparents.dropFirst(told.count)
    #expect(!further.isEmpty)
    #expect(further.allSatisfy { ($0 != nil) == (propagates && exports) })
  }

  private static func fixture(_ collector: Collector) throws -> GatewayFixture {
    try GatewayFixture(sessions: 10) { _ in
    } configure: {
      $0.tracing.endpoint = try UpstreamOrigin("\(collector.url)/v1/traces")
    }
  }
}

/// Takes what is sent to it, as a collector of spans does, and keeps it.
private final class Collector {
  private let servers: ServerGroup
  private let seen = Guarded<(bodies: [String], traceparents: [String?])>(([], []))
  let url: String

  init(status: Int = 200) throws {
    let seen = seen
    servers = try ServerGroup(loops: 1, address: ListenAddress(port: 0)) { _ in
      CollectingHandler(status: status, seen)
    }
    url = "http://127.0.0.1:\(servers.address.port)"
  }

  deinit { servers.stop() }

  var bodies: [String] { seen.withLock { $0.bodies } }
  var traceparents: [String?] { seen.withLock { $0.traceparents } }

  /// The spans, once there are so many.
  func wait(forSpans count: Int, of fixture: GatewayFixture) throws -> [[String: Any]] {
    var spans: [[String: Any]] = []
    try GatewayFixture.wait(until: {
      fixture.gateway.finishTracing()
      spans = try bodies.flatMap(Self.spans)
      return spans.count >= count
    })
    return spans
  }

  private static func spans(_ body: String) throws -> [[String: Any]] {
    let object = try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
    let resources = object?["resourceSpans"] as? [[String: Any]] ?? []
    #expect(canonicalJSON(resources).contains("sessions-gateway"))
    return resources.flatMap { $0["scopeSpans"] as? [[String: Any]] ?? [] }
      .flatMap { $0["spans"] as? [[String: Any]] ?? [] }
  }
}

private final class CollectingHandler: RequestHandler {
  private let status: Int
  private let seen: Guarded<(bodies: [String], traceparents: [String?])>

  init(status: Int, _ seen: Guarded<(bodies: [String], traceparents: [String?])>) {
    self.status = status
    self.seen = seen
  }

  func handle(_ request: Request, _ responder: any Responder) {
    seen.withLock {
      $0.traceparents.append(request.fields["traceparent"])
      if request.method == "POST", request.path == "/v1/traces",
        request.fields["content-type"] == "application/json"
      {
        $0.bodies.append(request.body?.text ?? "")
      }
    }
    responder.respond(Response(Status(rawValue: status), body: ByteBuffer("{}")))
  }
}
