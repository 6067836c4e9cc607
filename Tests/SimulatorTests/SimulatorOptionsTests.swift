import Testing

@testable import Simulator

struct SimulatorOptionsTests {
  @Test(arguments: [
    ("status:500@0.2", FaultRule(.status(500, nil), .share(0.2))),
    ("status:429:2s@20%", FaultRule(.status(429, .seconds(2)), .share(0.2))),
    ("status:503:date:1m@#3", FaultRule(.status(503, .date(60)), .requests(3...3))),
    ("hang@#2-4", FaultRule(.hang, .requests(2...4))),
    ("garbage@#7-", FaultRule(.garbage, .requests(7...Int.max))),
    ("truncated", FaultRule(.truncated)), ("wrong-type@1", FaultRule(.wrongType)),
    ("ignores-paging", FaultRule(.ignoresPaging)), ("ignores-offset", FaultRule(.ignoresOffset)),
    ("oversized:2MiB@0.5", FaultRule(.oversized(bytes: 2_097_152), .share(0.5))),
    (
      "delay:200ms-2s@0.1", FaultRule(.delay(.milliseconds(200)...Duration.seconds(2)), .share(0.1))
    ),
  ])
  func `a fault is read`(text: String, rule: FaultRule) throws {
    var options = SimulatorOptions()
    try options.addFault("anam=\(text)")
    #expect(options.faults[.anam]?.rules == [rule])
    #expect(options.faults[.athena] == nil)
    try options.addFault(text)
    #expect(options.faults[.anam]?.rules == [rule, rule])
    #expect(options.faults[.athena]?.rules == [rule])
  }

  @Test func `faults of the list are read`() throws {
    var options = SimulatorOptions()
    try options.addFault("athena=order:strays@1%")
    try options.addFault("anam=order:random")
    try options.addFault("all=malformed@0.05")
    #expect(options.faults[.athena]?.disorder == .strays(rate: 0.01))
    #expect(options.faults[.anam]?.disorder == .random)
    #expect(options.faults[.alcamine]?.malformedRate == 0.05)
  }

  @Test(arguments: [
    "", "sttus:500", "status", "status:200", "status:500:soon", "status:500:2s:3s", "hang@2",
    "hang@-0.1", "hang@#0", "hang@#5-3", "hang@#1-2-3", "hang@", "order", "order:sideways",
    "order:random@#3", "delay", "delay:2s-1s", "delay:5", "oversized:0", "oversized:9GiB",
    "hang:1", "nobody=hang", "hang@nan", "hang@1e-1",
  ])
  func `a fault that cannot be read is refused, with what is allowed`(text: String) {
    var options = SimulatorOptions()
    let error = #expect(throws: SimulatorOptionError.self) { try options.addFault(text) }
    #expect(error?.option == "--fault")
    #expect(error?.expected.isEmpty == false)
  }

  @Test func `the other options are read`() throws {
    var options = SimulatorOptions()
    try options.addLatency("20ms-60ms")
    try options.addLatency("anam=1s")
    #expect(options.faults[.athena]?.latency == .milliseconds(20)...Duration.milliseconds(60))
    #expect(options.faults[.anam]?.latency == .seconds(1)...Duration.seconds(1))
    try options.addSessions("500")
    try options.addSessions("anam=60000")
    #expect(options.dataset(for: .athena).sessions == 500)
    #expect(options.dataset(for: .anam).sessions == 60_000)
    try options.addPort("athena=8083")
    #expect(options.ports == [.athena: 8_083])
    try options.addAPIKey("anam=a=b")
    #expect(options.apiKeys[.anam] == "a=b")
    try options.setChurn("inserts:2,deletes:1.5,updates:10")
    #expect(
      options.dataset.churn == ChurnRates(backdatedInserts: 2, deletions: 1.5, updates: 10))
    try options.setGrowth("0.5")
    #expect(options.dataset.growthPerMinute == 0.5)
    try options.setTies("90%")
    #expect(options.dataset.tieRate == 0.9)
    try options.addRateLimit("anam=100/10s")
    #expect(options.rateLimits[.anam] == RateLimit(requests: 100, per: .seconds(10)))
  }

  @Test func `what cannot be read is refused, and no key is shown`() {
    var options = SimulatorOptions()
    let refused: [() throws -> Void] = [
      { try options.addLatency("fast") }, { try options.addLatency("60ms-20ms") },
      { try options.addLatency("") }, { try options.addLatency("1ms-2ms-3ms") },
      { try options.addSessions("-1") }, { try options.addSessions("1000001") },
      { try options.addPort("8080") }, { try options.addPort("anam=65536") },
      { try options.setChurn("inserts") }, { try options.setChurn("moves:2") },
      { try options.setGrowth("1e9") }, { try options.setGrowth("99999999") },
      { try options.setTies("100%") }, { try options.addRateLimit("100/10ms") },
      { try options.addRateLimit("0/10s") },
    ]
    for (index, attempt) in refused.enumerated() {
      #expect(throws: SimulatorOptionError.self, "attempt \(index)") { try attempt() }
    }
    let error = #expect(throws: SimulatorOptionError.self) {
      try options.addAPIKey("somebody=s3cret")
    }
    #expect(error.map { "\($0)".contains("s3cret") } == false)
  }
}
