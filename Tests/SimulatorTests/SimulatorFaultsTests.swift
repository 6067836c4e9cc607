import Bytes
import HTTP
import Server
import Testing
import Transport

@testable import Simulator

/// What faults do to answers, and that chance repeats itself.
struct SimulatorFaultsTests {
  @Test func `the same seed decides the same, at the asked rate`() {
    let faults = SimulatorFaults(rules: [
      FaultRule(.status(500, nil), .share(0.2)), FaultRule(.hang, .requests(3...5)),
    ])
    let fates = (1...5_000).map { faults.fate(ofRequest: $0, seed: 4) }
    #expect(fates == (1...5_000).map { faults.fate(ofRequest: $0, seed: 4) })
    #expect(fates != (1...5_000).map { faults.fate(ofRequest: $0, seed: 5) })
    let failed = fates.filter { $0.fault == .status(500, nil) }.count
    #expect((900...1_100).contains(failed))
    #expect(fates[1].fault != .hang && fates[5].fault != .hang)
    #expect(fates[2...4].allSatisfy { $0.fault != nil })
  }

  @Test func `latency lies within its range and delays come on top`() {
    let latency = Duration.milliseconds(20)...Duration.milliseconds(60)
    let plain = SimulatorFaults(latency: latency)
    let fates = (1...500).map { plain.fate(ofRequest: $0, seed: 4).delay }
    #expect(fates.allSatisfy(latency.contains))
    #expect(Set(fates).count > 400)
    let second = Duration.seconds(1)...Duration.seconds(1)
    let slow = SimulatorFaults(rules: [FaultRule(.delay(second))], latency: latency)
    #expect(slow.fate(ofRequest: 1, seed: 4).delay == fates[0] + .seconds(1))
  }

  @Test(arguments: [401, 403, 404, 408, 429, 500, 502, 503, 504])
  func `a status fault answers with it`(code: Int) throws {
    let client = ServiceClient(.anam)
    let response = client.response("/v1/sessions", fault: .status(code, .seconds(3)))
    #expect(response.status.rawValue == code)
    #expect(response.fields["retry-after"] == "3")
    let dated = client.response("/v1/sessions", fault: .status(code, .date(90)))
    #expect(dated.fields["retry-after"] == "Fri, 20 Nov 2026 12:01:30 GMT")
    #expect(client.response("/v1/sessions", fault: .status(code, nil)).fields["retry-after"] == nil)
  }

  @Test(arguments: SimulatedProvider.allCases)
  func `spoilt bodies are what they are called`(provider: SimulatedProvider) throws {
    let target = [
      .alcamine: "/sessions", .anam: "/v1/sessions", .athena: "/api/v0/sessions",
    ][provider]!
    let client = ServiceClient(provider)
    for fault in [FaultRule.Kind.garbage, .truncated] {
      let response = client.response(target, fault: fault)
      #expect(response.status == 200)
      #expect(response.fields["content-type"]?.hasPrefix("application/json") == true)
      #expect(throws: (any Error).self) { try parse(response) }
    }
    let page = client.response(target, fault: .wrongType)
    #expect(page.fields["content-type"]?.hasPrefix("text/html") == true)
    let rows = try client.rows(target, fault: .oversized(bytes: 100_000))
    #expect((rows[0]["padding"] as? String)?.utf8.count == 100_000)
    #expect(rows[1]["padding"] == nil)
  }

  @Test func `paging can be ignored, wholly or in its place`() throws {
    let client = ServiceClient(.anam)
    let first = try client.ids("/v1/sessions")
    let target = "/v1/sessions?page=3&perPage=20"
    #expect(try client.ids(target, fault: .ignoresPaging) == first)
    #expect(try client.ids(target, fault: .ignoresOffset) == client.ids("/v1/sessions?perPage=20"))
  }

  @Test func `malformed rows are always the same ones, at their rate`() throws {
    for provider in SimulatedProvider.allCases {
      let clean = ServiceClient(provider, .still(sessions: 250))
      let client = ServiceClient(
        provider, .still(sessions: 250), faults: SimulatorFaults(malformedRate: 0.2))
      let target = [
        .alcamine: "/sessions?limit=250", .anam: "/v1/sessions?perPage=100",
        .athena: "/api/v0/sessions?limit=500",
      ][provider]!
      let (expected, rows) = (try clean.rows(target), try client.rows(target))
      #expect(rows.count == expected.count)
      let usable = rows.filter { row in
        (row["id"] as? String)?.isEmpty == false
          && milliseconds(row["createdAt"] ?? row["created_at"]) != nil
      }
      let share = Double(usable.count) / Double(rows.count)
      #expect((0.68...0.92).contains(share))
      let ids = Set(expected.compactMap { $0["id"] as? String })
      #expect(usable.allSatisfy { ids.contains($0["id"] as? String ?? "") })
      let isRepeated = client.bytes(target) == client.bytes(target)
      #expect(isRepeated)
    }
  }

  @Test func `lists out of order hold the same rows, out of order in the way asked for`() throws {
    func places(_ disorder: ListDisorder) throws -> [Int] {
      let client = ServiceClient(
        .alcamine, .still(sessions: 1_000, tieRate: 0),
        faults: SimulatorFaults(disorder: disorder))
      let rows = client.service.rows().map(\.id)
      let place = Dictionary(uniqueKeysWithValues: zip(rows, rows.indices))
      let listed = try (0..<4).flatMap { try client.ids("/sessions?limit=250&offset=\($0 * 250)") }
      let places = listed.compactMap { place[$0] }
      #expect(places.sorted() == Array(0..<1_000))
      return places
    }
    #expect(try places(.none) == Array(0..<1_000))
    #expect(try places(.ascending) == Array((0..<1_000).reversed()))
    let swapped = try places(.swapped(rate: 0.3))
    #expect(zip(swapped, 0...).allSatisfy { abs($0 - $1) <= 1 })
    let moved = zip(swapped, 0...).filter { $0 != $1 }.count
    #expect((200...400).contains(moved))
    let strays = try places(.strays(rate: 0.02))
    let far = zip(strays, 0...).filter { abs($0 - $1) > 50 }.count
    #expect((8...40).contains(far))
    let random = try places(.random)
    #expect(zip(random, random.dropFirst()).filter { $0 > $1 }.count > 400)
  }

  @Test func `disorder can come and go while it runs`() throws {
    let client = ServiceClient(.alcamine, .still(sessions: 200))
    let ordered = try client.ids("/sessions?limit=200")
    client.service.setFaults(SimulatorFaults(disorder: .random))
    let random = try client.ids("/sessions?limit=200")
    #expect(random != ordered)
    #expect(Set(random) == Set(ordered))
    client.service.setFaults(SimulatorFaults())
    #expect(try client.ids("/sessions?limit=200") == ordered)
  }

  @Test func `disorder survives inserts, updates and deletes`() throws {
    for disorder in [ListDisorder.strays(rate: 0.3), .random, .swapped(rate: 0.5), .ascending] {
      let client = ServiceClient(
        .athena, .still(), faults: SimulatorFaults(disorder: disorder))
      client.clock.advance(by: .seconds(5))
      for row in client.service.rows().prefix(100) {
        #expect(client.service.update(row.id))
        client.service.insert(age: .seconds(100))
      }
      for row in client.service.rows().prefix(40) { #expect(client.service.delete(row.id)) }
      let target = "/api/v0/sessions?limit=500&include_sub_sessions=1&include_task_sessions=1"
      let listed = try client.ids(target)
      #expect(listed.count == 360)
      #expect(Set(listed) == Set(client.service.rows().map(\.id)))
    }
  }

  @Test func `a handler answers late, never, or at once, and lets go of those who leave`() {
    let loop = EventLoop()
    let key = Fields([("Authorization", "Bearer \(ServiceClient.key)")])
    let delay = Duration.milliseconds(1)...Duration.milliseconds(2)
    let client = ServiceClient(
      .alcamine,
      faults: SimulatorFaults(rules: [
        FaultRule(.delay(delay), .requests(1...2)), FaultRule(.hang, .requests(3...3)),
      ]))
    let upstream = SimulatedUpstream(client.service, on: loop)
    let responders = (1...4).map { _ in FakeResponder() }
    for responder in responders {
      upstream.handle(Request(method: "GET", path: "/sessions", fields: key), responder)
    }
    #expect(responders.map(\.answers.count) == [0, 0, 0, 1])
    #expect(upstream.waitingCount == 3)
    responders[1].onCancel?()
    for _ in 0..<100 where responders[0].answers.isEmpty {
      loop.turn(waitingAtMost: .milliseconds(5))
    }
    #expect(responders.map(\.answers.count) == [1, 0, 0, 1])
    #expect(responders[0].answers.first?.status == 200)
    #expect(upstream.waitingCount == 1)
    responders[2].onCancel?()
    #expect(upstream.waitingCount == 0)
    #expect(client.service.counts.requests == 4)
    #expect(client.service.counts.faults == 1)
  }
}

private final class FakeResponder: Responder {
  var answers: [Response] = []
  var onCancel: (() -> Void)?
  func respond(_ response: Response) { answers.append(response) }
}
