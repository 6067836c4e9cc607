import Bytes
import Foundation
import Gateway
import Simulator
import Testing

/// `list` in this process, with what it writes and says caught.
@Suite(.timeLimit(.minutes(10))) struct ListingTests {
  @Test(arguments: ["ndjson", "csv"])
  func aPageIsTheVeryBytesOfTheAPI(format: String) throws {
    let fixture = try GatewayFixture(sessions: 60)
    for query in [
      "limit=40", "", "sort=updatedAt&limit=7", "fields=title,agent&source=anam", "include=raw",
    ] {
      let pairs = query.split(separator: "&").map { $0.split(separator: "=").map(String.init) }
      let words = pairs.flatMap { [ListArguments.option($0[0]), $0[1]] }
      let run = try ListRun(fixture, ["--format", format] + words)
      let answer = try fixture.client.get("/v1/sessions?\(query)&format=\(format)")
      #expect(run.output == answer.bytes, "\(query)")
      #expect(run.status == 0)
      #expect(run.told.contains("there are more"), "\(run.told)")
    }
  }

  @Test func allIsEveryPageOfTheAPI() throws {
    let fixture = try GatewayFixture(sessions: 150)
    for format in ["ndjson", "csv"] {
      let run = try ListRun(fixture, ["--all", "--limit", "40", "--format", format])
      let whole = try ListRun(fixture, ["--all", "--format", format])
      #expect(run.output == whole.output && run.status == 0 && run.told == "")
      var rows: [UInt8] = []
      var cursor = ""
      while true {
        let answer = try fixture.client.get("/v1/sessions?limit=40&format=\(format)\(cursor)")
        let isLater = format == "csv" && !cursor.isEmpty
        rows += isLater ? answer.bytes.drop { $0 != 10 }.dropFirst() : answer.bytes[...]
        guard let next = answer.nextLink?.components(separatedBy: "cursor=").last else { break }
        cursor = "&cursor=\(next)"
      }
      #expect(run.output == rows)
    }
    let ids = try ListRun(fixture, ["--all", "--format", "ndjson"]).objects.map(\.id)
    expectSame(ids, SessionSort.newestFirst.sorted(try fixture.expected()).map(\.id))
  }

  @Test func theOperatorSeesWhatTokensDoNot() throws {
    let fixture = try GatewayFixture(sessions: 20) { _ in
    } configure: {
      $0.auth.isDisabled = false
      $0.auth.tokens = [CallerToken(name: "t", sha256: CallerToken.digest("t".utf8))]
    }
    let sessions = try ListRun(fixture, ["--format", "ndjson", "--include", "raw"]).objects
    #expect(sessions.contains { $0.text("participant", "email") != nil })
    #expect(sessions.allSatisfy { $0.fields["raw"] != nil })
  }

  // MARK: Failing sources

  @Test func aFailedSourceMakesThePagePartial() throws {
    let fixture = try GatewayFixture(sessions: 30)
    fixture.setFault(.status(400, nil), at: [.athena])
    let run = try ListRun(fixture, ["--format", "ndjson"])
    #expect(run.status == ExitStatus.partial)
    #expect(run.objects.count == 50)
    #expect(run.told.contains("source athena failed: "))
    #expect(run.told.contains("sessions of athena are missing"))
    let denied = try ListRun(fixture, ["--format", "ndjson", "--partial", "deny"])
    #expect(denied.status == ExitStatus.partial && denied.output.isEmpty)
  }

  @Test func nothingButFailuresIsUnavailable() throws {
    let fixture = try GatewayFixture(sessions: 30)
    fixture.setFault(.status(400, nil))
    for words in [[], ["--all"]] {
      let run = try ListRun(fixture, words)
      #expect(run.status == ExitStatus.unavailable)
      #expect(run.output.isEmpty)
      #expect(run.waits.count == (words.isEmpty ? 0 : 2))
      #expect(run.told.components(separatedBy: "source anam failed").count == 2)
    }
  }

  @Test func aWalkEndsAfterThreePagesThatAFailedSourceKeptEmpty() throws {
    let fixture = try GatewayFixture(sessions: 30)
    fixture.setFault(.status(400, nil), at: [.anam])
    let run = try ListRun(fixture, ["--all", "--format", "ndjson", "--limit", "20"])
    #expect(run.status == ExitStatus.partial)
    expectSame(
      run.objects.map(\.id).sorted(),
      try fixture.expected([.alcamine, .athena]).map(\.id).sorted())
    #expect(run.waits.count == 2)
    #expect(run.told.contains("sessions of anam are missing"))
  }

  @Test func aSourceThatRecoversIsReadToItsEnd() throws {
    let fixture = try GatewayFixture(sessions: 30)
    fixture.setFault(.status(400, nil), at: [.anam])
    let run = try ListRun(fixture, ["--all", "--format", "ndjson"]) { fixture.setFault(nil) }
    #expect(run.status == 0)
    expectSame(
      run.objects.map(\.id).sorted(), try fixture.expected().map(\.id).sorted())
    #expect(run.waits == [.seconds(1)])
  }

  // MARK: The other side

  @Test func aReaderThatLeavesEndsTheWalkInPeace() throws {
    let fixture = try GatewayFixture(sessions: 300)
    let before = fixture.requestCount
    let run = try ListRun(fixture, ["--all", "--limit", "10"], outcome: .closed)
    #expect(run.status == 0 && run.told == "")
    #expect(fixture.requestCount - before <= 6)
    let failed = try ListRun(fixture, ["--all"], outcome: .failed(errno: 28))
    #expect(failed.status == ExitStatus.failure)
    #expect(failed.told.contains("No space left"))
  }

  @Test func progressIsDrawnWhereItCanBeDrawnOver() throws {
    let fixture = try GatewayFixture(sessions: 30)
    let terminal = Terminal(showsProgress: true)
    let run = try ListRun(fixture, ["--all", "--limit", "20"], terminal)
    #expect(run.told.contains("\r40 sessions on 2 pages read\u{1B}[K\r\u{1B}[K"))
    #expect(run.told.hasSuffix("\r\u{1B}[K"))
  }

  @Test(arguments: [("limit", "0"), ("created-after", "x"), ("cursor", "x"), ("source", "none")])
  func aWrongValueIsRefused(option: String, value: String) throws {
    let fixture = try GatewayFixture(sessions: 1)
    let problem = #expect(throws: Problem.self) {
      try ListRun(fixture, ["--\(option)", value])
    }
    #expect(problem?.parameter.map(ListArguments.option) == "--\(option)")
    #expect(fixture.requestCount == 0)
  }

  // MARK: Tables

  @Test func tablesFitTheTerminal() throws {
    let fixture = try GatewayFixture(sessions: 100)
    for width in [1, 10, 20, 40, 79, 80, 120, 160, 400] {
      for words in [[], ["--fields", "title,agent,status,attributes,error"]] {
        let run = try ListRun(fixture, ["--limit", "60"] + words, Terminal(width: width))
        #expect(run.lines.count == 61)
        #expect(run.lines.allSatisfy { TerminalText.width($0) <= width && $0.last != " " })
      }
    }
    let wide = try ListRun(fixture, ["--limit", "200"])
    let objects = try ListRun(fixture, ["--limit", "200", "--format", "ndjson"]).objects
    #expect(wide.lines.first?.hasPrefix("CREATED ") == true)
    for (line, session) in zip(wide.lines.dropFirst(), objects) {
      #expect(line.hasSuffix(session.id))
      let created = session.text("createdAt") ?? ""
      #expect(line.hasPrefix("\(created.prefix(10)) \(created.dropFirst(11).prefix(8))Z  "))
    }
    let narrow = try ListRun(fixture, [], Terminal(width: 80)).lines.first ?? ""
    #expect(narrow.contains("TITLE") && !narrow.contains("ID"))
    #expect(try ListRun(fixture, [], Terminal(width: 160)).lines.first?.hasSuffix("ID") == true)
  }

  @Test func colorIsForTerminals() throws {
    let fixture = try GatewayFixture(sessions: 100)
    let words = ["--status", "failed", "--limit", "3"]
    let color = try ListRun(fixture, words, Terminal(showsColor: true)).text
    #expect(color.hasPrefix("\u{1B}[1mCREATED\u{1B}[0m "))
    #expect(color.contains(" \u{1B}[31mfailed\u{1B}[0m "))
    #expect(!(try ListRun(fixture, words).text.contains("\u{1B}")))
  }

  @Test func nothingFromASourceMovesTheCursorOfATerminal() throws {
    let title = "\u{1B}]0;x\u{07}\u{1B}[2J\r\n\u{9B}A\u{202E}日本"
    let source = try ScriptedSource(
      "anam",
      [
        (
          "i\u{1B}[1m",
          """
          {"id":"i\\u001b[1m","createdAt":"2026-04-20T09:00:00.000Z",
          "exitStatus":"\\u001b[31m", "clientLabel":\(canonicalJSON(title))}
          """
        )
      ])
    let gateway = try GatewayFixture.start { configuration in
      configuration.sources = [
        try GatewayFixture.source("anam", at: source.baseURL, key: "scripted-key")
      ]
    }
    defer { gateway.stop() }
    for words in [[], ["--fields", "title,nativeId,nativeStatus,attributes"]] {
      let run = try ListRun(gateway.state, words, Terminal())
      #expect(run.lines.count == 2)
      #expect(
        run.text.unicodeScalars.allSatisfy {
          $0 == "\n" || $0.value >= 0x20 && $0 != "\u{9B}" && $0 != "\u{202E}"
        })
      #expect(run.text.contains("?]0;x??[2J???A?日本"))
    }
  }

  @Test func anEmptyTableSaysSo() throws {
    let fixture = try GatewayFixture(sessions: 5)
    let run = try ListRun(fixture, ["--q", "nothing has this title", "--all"])
    #expect(run.output.isEmpty && run.status == 0)
    #expect(run.told == "sessions-gateway: no session matches\n")
  }
}

/// One run, and what came of it.
private final class ListRun {
  private(set) var status: Int32 = -1
  private(set) var output: [UInt8] = []
  private(set) var told = ""
  private(set) var waits: [Duration] = []

  convenience init(
    _ fixture: GatewayFixture, _ words: [String], _ terminal: Terminal = Terminal(),
    outcome: OutputPipe.Outcome = .written, whileWaiting: @escaping () -> Void = {}
  ) throws {
    try self.init(fixture.gateway.state, words, terminal, outcome, whileWaiting)
  }

  init(
    _ gateway: GatewayState, _ words: [String], _ terminal: Terminal,
    _ outcome: OutputPipe.Outcome = .written, _ whileWaiting: @escaping () -> Void = {}
  ) throws {
    let surroundings = Listing.Surroundings(
      terminal: terminal,
      write: { [unowned self] buffer in
        output += buffer.bytes
        return outcome
      }, tell: { [unowned self] in told += $0 },
      wait: { [unowned self] in
        waits.append($0)
        whileWaiting()
      })
    var listing = try Listing(try ListArguments(words), gateway, surroundings)
    status = try listing.run()
  }

  var text: String { String(decoding: output, as: UTF8.self) }
  var lines: [String] { text.split(separator: "\n").map(String.init) }

  /// Lines of JSON as sessions.
  var objects: [Session] {
    lines.compactMap {
      (try? JSONSerialization.jsonObject(with: Data($0.utf8))).flatMap { $0 as? [String: Any] }
        .map(Session.init)
    }
  }
}
