import Foundation
import Gateway
import Glibc
import Simulator
import Support
import Testing
import Transport
import Upstream

/// Two hundred callers at a time, and sources of which each request fails with a chance of one in
/// five. Two seconds of it by default; `SOAK_SECONDS` picks more, and then memory and descriptors,
/// which other tests would disturb, are looked at as well.
@Suite struct SoakTests {
  private static let callers = 200
  private static let seconds = ProcessInfo.processInfo.environment["SOAK_SECONDS"].flatMap {
    Int($0)
  }

  private struct Tally {
    var pages = 0
    var partial = 0
    var refused = 0
    var wrong: [String] = []
    var codes: [String: Int] = [:]
    var times: [Duration] = []

    mutating func add(
      _ result: Result<String, UpstreamFailure>, after time: Duration,
      _ expected: [Set<String>: [String]]
    ) {
      pages += 1
      times.append(time)
      switch result {
      case .failure(let failure) where [502, 503].contains { failure.code == .upstreamStatus($0) }:
        refused += 1
      case .failure(let failure): wrong.append("\(failure)")
      case .success(let text):
        let object = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        let page = Page(object ?? [:])
        let good = page.sourceNames.filter { page.state($0) != "failed" }
        let isPartial = good.count < page.sourceNames.count
        if isPartial { partial += 1 }
        for name in page.sourceNames {
          if let code = page.errorCode(name) { codes[code, default: 0] += 1 }
        }
        let limit = (page.object["page"] as? [String: Any])?["limit"] as? Int ?? 0
        let rows = (expected[Set(good)] ?? []).prefix(limit)
        if page.isPartial != isPartial || !page.ids.elementsEqual(rows) || rows.isEmpty {
          wrong.append(String(text.prefix(500)))
        }
      }
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `under random failures every page is right, or says what it lacks`() throws {
    let isAlone = Self.seconds != nil
    let before = Self.descriptors
    var figures: [String] = []
    do {
      let fixture = try Self.fixture()
      let expected = try Self.expected(fixture)
      var tally = Tally()
      // Caches of every kind fill first.
      let duration = Duration.seconds(Self.seconds ?? 2)
      try Self.run(fixture, for: duration / 3, expected, &tally)
      let early = Self.residentMegabytes
      try Self.run(fixture, for: duration * 2 / 3, expected, &tally)
      let late = Self.residentMegabytes
      check(tally)
      figures = Self.describe(tally)
      figures += try sources(fixture, over: duration)
      if isAlone { #expect(late - early <= 24, "MiB: \(early), then \(late)") }
      figures.append("resident MiB after a third | \(early)")
      figures.append("at the end | \(late)")
    }
    if isAlone {
      let end = ContinuousClock.now + .seconds(10)
      while Self.descriptors > before, ContinuousClock.now < end { sched_yield() }
      #expect(Self.descriptors <= before)
      figures.append(
        "descriptors before, and after all has stopped | \(before), \(Self.descriptors)")
      print("| soak | |\n|---|---|\n" + figures.map { "| \($0) |" }.joined(separator: "\n"))
    }
  }

  private static func fixture() throws -> GatewayFixture {
    // Callers of one loop who want the same share a request.
    try GatewayFixture(sessions: 12, loops: 8) { options in
      for provider in SimulatedProvider.allCases {
        options.faults[provider] = SimulatorFaults(
          rules: [
            FaultRule(.status(500, nil), .share(0.08)), FaultRule(.status(503, nil), .share(0.06)),
            FaultRule(.garbage, .share(0.04)), FaultRule(.wrongType, .share(0.04)),
          ], latency: .milliseconds(5) ... .milliseconds(50))
      }
    } configure: {
      $0.cache.ttl = .zero
    }
  }

  /// All that every set of sources has.
  private static func expected(_ fixture: GatewayFixture) throws -> [Set<String>: [String]] {
    let all = SessionSort.newestFirst.sorted(try fixture.expected())
    let names = SimulatedProvider.allCases.map(\.rawValue)
    var lists: [Set<String>: [String]] = [:]
    for bits in 0..<1 << names.count {
      let some = Set(names.indices.filter { bits >> $0 & 1 == 1 }.map { names[$0] })
      lists[some] = all.filter { some.contains($0.source) }.map(\.id)
    }
    return lists
  }

  /// One thread with a client of ours makes the callers: two hundred threads would leave the gateway
  /// little of the processor.
  private static func run(
    _ fixture: GatewayFixture, for duration: Duration, _ expected: [Set<String>: [String]],
    _ tally: inout Tally
  ) throws {
    var configuration = UpstreamConfiguration(
      name: "gateway", origin: try UpstreamOrigin("http://127.0.0.1:\(fixture.client.port)"))
    configuration.concurrency = callers
    configuration.maximumIdle = callers
    configuration.retries = 0
    configuration.timeout = .seconds(30)
    let loop = EventLoop()
    let client = UpstreamClient(
      try UpstreamShared(configuration, resolver: HostResolver()), on: loop)
    defer { client.close() }
    let end = Instant.now() + duration
    var idle = Array(0..<callers)
    var ended: [(caller: Int, time: Duration, result: Result<String, UpstreamFailure>)] = []
    while idle.count < callers || Instant.now() < end {
      for caller in idle where Instant.now() < end {
        let start = loop.now
        let query = "limit=\(1 + caller % 20)&createdAfter=\(2000 + caller / 20)-01-01"
        client.get("/v1/sessions?fields=source&\(query)", deadline: loop.now + .seconds(30)) {
          ended.append((caller, loop.now - start, $0.map { $0.body.text }))
          return .usable
        }
      }
      if Instant.now() < end { idle = [] }
      loop.turn(waitingAtMost: .milliseconds(20))
      for end in ended { tally.add(end.result, after: end.time, expected) }
      idle += ended.map(\.caller)
      ended = []
    }
  }

  private func check(_ tally: Tally) {
    #expect(tally.pages > Self.callers)
    #expect(tally.wrong.isEmpty, "\(tally.wrong.count) wrong: \(tally.wrong.prefix(3))")
    #expect(tally.partial > 0)
    // More is asked than eight requests at a time to a source can bring: some wait for half of their
    // time, and are given up.
    let codes: Set = ["upstreamStatus", "badPayload", "circuitOpen", "rateLimited"]
    #expect(codes.isSuperset(of: tally.codes.keys), "\(tally.codes)")
  }

  private static func describe(_ tally: Tally) -> [String] {
    let times = tally.times.sorted()
    func quantile(_ percent: Int) -> String {
      times.isEmpty ? "" : "\(Int(times[(times.count - 1) * percent / 100] / .milliseconds(1)))"
    }
    let codes = tally.codes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    return [
      "callers at a time | \(callers)", "pages | \(tally.pages)", "wrong | \(tally.wrong.count)",
      "partial, and said so | \(tally.partial)", "problems, no source left | \(tally.refused)",
      "failed sources by code | \(codes.joined(separator: ", "))",
      "page ms, p50 and p99 | \(quantile(50)), \(quantile(99))",
    ]
  }

  /// Retries within the budget, and nothing under way any more.
  private func sources(_ fixture: GatewayFixture, over duration: Duration) throws -> [String] {
    try fixture.gateway.state.sources.map { source in
      let health = source.upstream.health
      let calls = health.requestsTotal - health.retriesTotal
      // Three are always allowed, in each ten seconds.
      let always = 3 * (Int(duration / .seconds(10)) + 1)
      #expect(
        health.retriesTotal > 0 && health.retriesTotal <= calls / 5 + always, "\(source.name)")
      #expect(health.requestsInFlight == 0 && health.requestsWaiting == 0)
      let seen = try #require(fixture.requests[source.name])
      #expect(seen == health.requestsTotal)
      let share = String(format: "%.1f", 100 * Double(health.retriesTotal) / Double(calls))
      return "\(source.name): calls, retries | \(calls), \(health.retriesTotal) (\(share) %)"
    }
  }

  private static var descriptors: Int {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? -1
  }

  private static var residentMegabytes: Int {
    // Files of /proc have no size that Foundation could go by.
    let file = open("/proc/self/statm", O_RDONLY)
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 128)
    let count = read(file, &bytes, bytes.count)
    let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return pages / 256  // Of 4 KiB each.
  }
}
