import Foundation
import Gateway
import Providers
import Sessions
import Simulator
import Testing
import Web

/// The pages as files: what they may weigh and hold, and how they are served.
@Suite struct WebFileTests {
  static let paths = WebFile.all.map(\.path)

  private func text(_ path: String) throws -> String {
    let file = try #require(WebFile.all.first { $0.path == path })
    return String(decoding: file.bytes, as: UTF8.self)
  }

  private func guarded() throws -> GatewayFixture {
    try GatewayFixture(sessions: 5) { _ in
    } configure: { configuration in
      configuration.auth.isDisabled = false
      configuration.auth.tokens = [
        CallerToken(name: "one", sha256: CallerToken.digest("a-token-0001".utf8))
      ]
    }
  }

  @Test func `every page is served without a token, under a strict policy`() throws {
    let fixture = try guarded()
    for file in WebFile.all {
      let answer = try fixture.client.get(file.path)
      #expect(answer.status == 200, "\(file.path)")
      #expect(answer["Content-Type"] == file.contentType)
      #expect(answer["X-Content-Type-Options"] == "nosniff")
      #expect(answer["Referrer-Policy"] == "no-referrer")
      let policy = answer["Content-Security-Policy"] ?? ""
      let directives = policy.components(separatedBy: "; ")
      for directive in ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
        #expect(directives.contains(directive), "\(policy)")
      }
      for word in ["unsafe", "http:", "https:", "data:", "*"] {
        #expect(!policy.contains(word), "\(policy)")
      }
      #expect(answer.body.utf8.count == file.bytes.count)
    }
    #expect(fixture.requestCount == 0)
  }

  @Test func `a page that a browser has is not sent again`() throws {
    let fixture = try guarded()
    for path in Self.paths {
      let first = try fixture.client.get(path)
      #expect(first["Cache-Control"] == "no-cache")
      let tag = try #require(first["ETag"])
      let again = try fixture.client.get(path, ["If-None-Match": tag])
      #expect(again.status == 304 && again.body.isEmpty && again["ETag"] == tag)
      #expect(again["Content-Security-Policy"] == first["Content-Security-Policy"])
      #expect(try fixture.client.get(path, ["If-None-Match": "W/\"other\""]).status == 200)
    }
    #expect(
      Set(try Self.paths.map { try fixture.client.get($0)["ETag"] }).count == Self.paths.count)
  }

  @Test func `HEAD answers as GET, another method is refused, and demo mode says so`() throws {
    let fixture = try GatewayFixture(sessions: 5) { _ in
    } configure: {
      $0.isDemo = true
    }
    for path in Self.paths {
      let (get, head) = (try fixture.client.get(path), try fixture.client.ask("HEAD", path))
      #expect(head.status == 200 && head.body.isEmpty)
      #expect(head["ETag"] == get["ETag"] && head["Content-Length"] == get["Content-Length"])
      #expect(get["Gateway-Mode"] == "demo")
      try fixture.client.ask("POST", path, body: "{}").expectProblem(405, "method-not-allowed")
    }
    try fixture.client.get("/assets/none.js").expectProblem(404, "not-found")
  }

  @Test func `the explorer loads less than 60 KB`() throws {
    // What a module imports within a function is loaded when somebody wants it.
    let later = try text("/assets/explorer.js").matches(of: /import\('([^']+)'\)/)
      .map { String($0.1) }
    #expect(later.count == 2 && later.allSatisfy(Self.paths.contains))
    let others = ["/docs", "/openapi.json", "/assets/docs.js", "/assets/docs.css"] + later
    let weight = WebFile.all.filter { !others.contains($0.path) }.reduce(0) { $0 + $1.bytes.count }
    #expect(weight < 60_000)
  }

  @Test func `pages are self-contained, hold nothing inline, and never parse HTML`() throws {
    for path in Self.paths where path != "/openapi.json" {
      let text = try text(path)
      let foreign = text.replacingOccurrences(of: "http://www.w3.org/2000/svg", with: "")
      #expect(!foreign.contains("http://") && !foreign.contains("https://"), "\(path)")
      #expect(!foreign.contains("src=\"//") && !foreign.contains("@import"), "\(path)")
      for sink in [
        "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function",
        "localStorage", ".cookie",
      ] {
        #expect(!text.contains(sink), "\(path): \(sink)")
      }
      guard path == "/" || path == "/docs" else { continue }
      #expect(
        !text.contains(" style=\"") && !text.contains("<style") && !text.contains(" onclick="))
      for script in text.components(separatedBy: "<script").dropFirst() {
        #expect(script.contains("src=\"/assets/") && script.contains("></script>"), "\(script)")
      }
    }
  }

  @Test func `every file that a page names is served`() throws {
    for path in Self.paths where !path.hasSuffix(".svg") && path != "/openapi.json" {
      for match in try text(path).matches(of: /["'](\/assets\/[^"']+)["']/) {
        #expect(Self.paths.contains(String(match.1)), "\(path) names \(match.1)")
      }
    }
  }

  @Test func `every parameter of the list has a control that offers what is allowed`() throws {
    let page = try text("/")
    var offered: [String: [String]] = [:]
    for match in page.matches(of: /data-name="(\w+)" data-values="([^"]*)"/) {
      offered[String(match.1)] = match.2.split(separator: " ").map(String.init)
    }
    #expect(offered["status"] == SessionStatus.allCases.map(\.rawValue))
    #expect(offered["channel"] == SessionChannel.allCases.map(\.rawValue))
    #expect(offered["modality"] == SessionModality.allCases.map(\.rawValue))
    #expect(offered["fields"] == SessionField.allCases.map(\.rawValue))
    for order in ListParameters.orders.map(\.name) where order != "-createdAt" {
      #expect(page.contains("<option value=\"\(order)\">"))
    }
    // The next page's button is the cursor's; what is passed on comes with the sources.
    for name in ListParameters.names([]) where name != "cursor" && offered[name] == nil {
      let isThere = page.contains("name=\"\(name)\"") || page.contains("data-name=\"\(name)\"")
      #expect(isThere, "\(name)")
    }
  }

  @Test func `sources say which parameters are passed on to them`() throws {
    let fixture = try GatewayFixture(sessions: 1)
    let data = try fixture.client.get("/v1/sources").object()["data"] as? [[String: Any]] ?? []
    let named = data.flatMap { source -> [String] in
      let capabilities = source["capabilities"] as? [String: Any]
      let parameters = capabilities?["parameters"] as? [[String: String]] ?? []
      #expect(parameters.allSatisfy { ["boolean", "text", "uuid"].contains($0["type"]) })
      return parameters.compactMap { $0["name"] }
    }
    #expect(named == ListParameters.names(ProviderCatalog.all).filter { $0.contains(".") })
    #expect(!named.isEmpty)
  }
}
