import Foundation
import Gateway
import Logging
import Simulator
import Support
import Testing

/// What is written about requests and sources, read from the pipe that it is written to.
@Suite struct LogTests {
  @Test func eachRequestHasOneLine() throws {
    let log = try LogPipe()
    let fixture = try Self.fixture(log)
    _ = try fixture.client.get(
      "/v1/sessions?limit=2&q=looked-for",
      MetricsTests.authorization.merging(["X-Request-Id": "one"]) { $1 })
    _ = try fixture.client.get("/v1/sources", ["X-Request-Id": "two"])
    let lines = try log.lines { $0.count == 2 }
    #expect(
      lines[0].contains(
        /^\S+Z INFO request request=one method=GET route=\/v1\/sessions status=200 ms=[0-9]+\.[0-9] token=grafana sources=alcamine:[a-z]+\/[0-9.]+,anam:[a-z]+\/[0-9.]+,athena:[a-z]+\/[0-9.]+$/
      ), "\(lines[0])")
    #expect(lines[1].contains(/request=two .* status=401/), "\(lines[1])")
    #expect(!lines.joined().contains("looked-for"))
  }

  @Test func asJSONALineIsAnObject() throws {
    let log = try LogPipe(format: .json)
    let fixture = try Self.fixture(log)
    fixture.setFault(.status(500, nil), at: [.anam])
    _ = try fixture.client.get("/v1/sessions?limit=2", MetricsTests.authorization)
    let lines = try log.lines { $0.count == 2 }
    let objects = try lines.map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    let request = try #require(objects.first { $0["message"] as? String == "request" })
    #expect(request["status"] as? Int == 200)
    #expect(request["ms"] as? Double != nil)
    #expect(request["token"] as? String == "grafana")
    let sources = try #require(request["sources"] as? [String: [String: Any]])
    #expect(sources["anam"]?["outcome"] as? String == "upstreamStatus")
    let failure = try #require(objects.first { $0["level"] as? String == "warning" })
    #expect(failure["code"] as? String == "upstreamStatus")
    #expect(failure["advice"] as? String != nil)
  }

  @Test func aCallerAboveItsRateIsNamed() throws {
    let log = try LogPipe()
    let fixture = try Self.fixture(log) { $0.auth.tokens[0].requestsPerSecond = 1 }
    for _ in 0..<3 { _ = try fixture.client.get("/v1/sources", MetricsTests.authorization) }
    let lines = try log.lines { $0.count == 3 }
    #expect(lines.contains { $0.contains("status=429") && $0.contains("token=grafana") })
  }

  @Test func aFailingSourceDoesNotFloodTheLog() throws {
    let log = try LogPipe()
    let fixture = try Self.fixture(log) {
      $0.cache.ttl = .zero
      $0.log.level = .notice
    }
    fixture.setFault(.status(500, nil), at: [.anam])
    for _ in 0..<4 { _ = try fixture.client.get("/v1/sessions", MetricsTests.authorization) }
    fixture.setFault(nil)
    _ = try fixture.client.get("/v1/sessions", MetricsTests.authorization)
    let lines = try log.lines { $0.count == 2 }
    #expect(lines[0].contains("WARNING source anam fails"), "\(lines)")
    #expect(lines[1].contains("NOTICE source anam answers again"), "\(lines)")
  }

  @Test func aClientThatLeavesHasALine() throws {
    let log = try LogPipe()
    let fixture = try Self.fixture(log, simulate: { try? $0.addLatency("2s") })
    let connection = try RawClient(port: fixture.client.port)
    try connection.send(
      "GET /v1/sessions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer the-token-of-grafana\r\n\r\n")
    try GatewayFixture.wait(until: { fixture.requestCount == 3 })
    connection.close()
    let lines = try log.lines { $0.count == 1 }
    #expect(lines[0].contains("status=499"), "\(lines)")
    let name = "sessions_gateway_http_requests_canceled_total"
    let samples = try Samples(fixture.client, MetricsTests.authorization)
    #expect(samples[name, "route=\"/v1/sessions\""] == 1)
  }

  @Test func aFullPipeHoldsUpNobody() throws {
    // Nobody reads: the pipe takes 64 KiB, the queue 1 MiB, and the rest is lost and counted.
    let log = try LogPipe()
    let logger = LogOutput.logger(log.sink)
    let text = String(repeating: "x", count: 1_000)
    for _ in 0..<2_000 { logger.info("\(text)") }
    #expect(log.sink.droppedLines > 500)
    let lost = log.sink.droppedLines
    // Once somebody reads, what was kept comes whole, and then what was lost is said.
    let lines = try log.lines { lines in lines.contains { $0.contains("log lines were lost") } }
    #expect(lines.filter { $0.hasSuffix(text) }.count == 2_000 - lost)
    #expect(lines.last?.hasSuffix("lines=\(lost)") == true)
  }

  @Test func aNewLevelHoldsForLoggersThatAreThere() throws {
    let log = try LogPipe()
    let logger = LogOutput.logger(log.sink)
    logger.debug("not yet")
    var settings = GatewayConfiguration.Log()
    settings.level = .debug
    log.sink.adopt(settings)
    logger.debug("now")
    #expect(try log.lines { $0.count == 1 }[0].hasSuffix("DEBUG now"))
  }

  @Test func controlCharactersDoNotReachTheTerminal() throws {
    let log = try LogPipe()
    LogOutput.logger(log.sink).info("one\ntwo\u{1B}[31m\u{2028}\u{202E}")
    #expect(try log.lines { $0.count == 1 }[0].hasSuffix("one?two?[31m??"))
  }

  private static func fixture(
    _ log: LogPipe, _ configure: (inout GatewayConfiguration) -> Void = { _ in },
    simulate: (inout SimulatorOptions) -> Void = { _ in }
  ) throws -> GatewayFixture {
    try GatewayFixture(sessions: 10, log: log.sink, simulate: simulate) { configuration in
      configuration.auth.isDisabled = false
      configuration.auth.tokens = [MetricsTests.token]
      configure(&configuration)
      log.sink.adopt(log.settings(configuration.log.level))
    }
  }
}

/// A log that goes to a pipe.
final class LogPipe {
  let sink: LogSink
  private let pipe = Pipe()
  private let format: GatewayConfiguration.Log.Format
  private var text = ""

  init(format: GatewayConfiguration.Log.Format = .text) throws {
    self.format = format
    var settings = GatewayConfiguration.Log()
    settings.format = format
    sink = LogSink(settings, descriptor: pipe.fileHandleForWriting.fileDescriptor)
  }

  func settings(_ level: Logger.Level) -> GatewayConfiguration.Log {
    var settings = GatewayConfiguration.Log()
    settings.format = format
    settings.level = level
    return settings
  }

  /// The lines so far, once they are as they should be.
  func lines(until isSo: ([String]) -> Bool) throws -> [String] {
    let end = Date(timeIntervalSinceNow: 10)
    let descriptor = pipe.fileHandleForReading.fileDescriptor
    var bytes: [UInt8] = Array(text.utf8)
    while true {
      text = String(decoding: bytes, as: UTF8.self)
      let lines = text.split(separator: "\n").map(String.init)
      if text.hasSuffix("\n"), isSo(lines) { return lines }
      try #require(Date() < end, "the log holds \(text.prefix(2_000))")
      var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&ready, 1, 100) > 0 else { continue }
      var part = [UInt8](repeating: 0, count: 65_536)
      let count = read(descriptor, &part, part.count)
      bytes += part.prefix(max(0, count))
    }
  }
}
