import Foundation
import HTTP
import Server
import Support
import Testing
import Transport

/// Every rule of docs/HTTP.md, over a real socket and in literal bytes.
struct ConformanceTests {
  @Test(arguments: ConformanceRule.all)
  func `the server follows the rule`(rule: ConformanceRule) throws {
    try withServer { group in
      let client = try RawClient(port: group.address.port)
      // The follow-up tells whether the connection went on, and whether it stayed in step.
      try client.send(rule.request + (rule.closes ? "" : ConformanceRule.followUp))
      let answers = try client.answersToEnd()
      #expect(answers.map(\.status) == rule.statuses + (rule.closes ? [] : [200]))
      if !rule.closes {
        #expect(answers.last?.body == "GET /follow-up h")
      } else {
        #expect(answers.last?.head.contains("\r\nConnection: close\r\n") == true)
      }
    }
  }

  @Test(arguments: [1, 2, 3, 7])
  func `however the bytes arrive`(pieceSize: Int) throws {
    var configuration = ServerConfiguration()
    configuration.headLimits.headBytes = 512
    try withServer(configuration) { group in
      for rule in ConformanceRule.all where rule.request.utf8.count < 300 {
        let client = try RawClient(port: group.address.port)
        let bytes = Array((rule.request + (rule.closes ? "" : ConformanceRule.followUp)).utf8)
        // The server may have closed on an error by the time the rest is sent.
        try? stride(from: 0, to: bytes.count, by: pieceSize).forEach { start in
          try client.send(Array(bytes[start..<min(start + pieceSize, bytes.count)]))
        }
        let statuses = try client.answersToEnd().map(\.status).filter { $0 != 100 }
        #expect(statuses == rule.statuses + (rule.closes ? [] : [200]), "\(rule.name)")
      }
    }
  }

  @Test func `docs HTTP lists every rule`() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let page = try String(contentsOf: root.appending(path: "docs/HTTP.md"), encoding: .utf8)
    for rule in ConformanceRule.all {
      let row = "| \(rule.name) | \(rule.section) | \(rule.whatWeDo) |"
      #expect(page.contains(row), "docs/HTTP.md lacks: \(row)")
    }
  }
}
