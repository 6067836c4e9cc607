import Foundation
import Gateway
import Providers
import Sessions
import Testing
import Upstream
import Web

/// `/openapi.json` is written by hand; here it is held against the code, so that neither has a route, a
/// parameter, a word or a field that the other lacks.
@Suite struct APIDocumentTests {
  private let document: [String: Any]

  init() throws {
    let file = try #require(WebFile.all.first { $0.path == "/openapi.json" })
    let object = try JSONSerialization.jsonObject(with: Data(file.bytes))
    document = try #require(object as? [String: Any])
  }

  /// The value at a path of keys, references resolved on the way; nil where there is none.
  private func value(_ keys: String...) -> Any? {
    keys.reduce(document as Any?) { node, key in resolved((node as? [String: Any])?[key]) }
  }

  private func resolved(_ node: Any?) -> Any? {
    guard let reference = (node as? [String: Any])?["$ref"] as? String else { return node }
    return reference.split(separator: "/").dropFirst().reduce(document as Any?) { node, key in
      (node as? [String: Any])?[String(key)]
    }
  }

  private func words(_ schema: String) -> [String]? {
    value("components", "schemas", schema, "enum") as? [String]
  }

  private func parameters(_ path: String) -> [[String: Any]] {
    let list = value("paths", path, "get", "parameters") as? [Any] ?? []
    return list.compactMap { resolved($0) as? [String: Any] }
  }

  /// The schema of a parameter, or of the items of a list of them.
  private func schema(_ parameter: String) -> [String: Any] {
    let schema = value("components", "parameters", parameter, "schema") as? [String: Any] ?? [:]
    return resolved(schema["items"]) as? [String: Any] ?? schema
  }

  private func properties(_ schema: String) -> [String: Any] {
    value("components", "schemas", schema, "properties") as? [String: Any] ?? [:]
  }

  @Test func `the version is this release's`() {
    #expect(value("info", "version") as? String == GatewayVersion.current)
  }

  @Test func `every route is documented, with whether it needs a token, and no other`() throws {
    let paths = try #require(document["paths"] as? [String: [String: Any]])
    let routes = Route.all.filter { !$0.path.hasPrefix(WebFile.assets) }
    #expect(Set(paths.keys) == Set(routes.map(\.path)))
    for route in routes {
      let operation = try #require(paths[route.path]?["get"] as? [String: Any])
      #expect((operation["security"] as? [Any])?.isEmpty == (route.isPublic ? true : nil))
      for key in ["operationId", "summary", "responses", "tags"] {
        #expect(operation[key] != nil, "\(route.path): \(key)")
      }
    }
  }

  @Test func `every parameter is documented, and no other`() {
    let names = parameters("/v1/sessions").compactMap { $0["name"] as? String }
    #expect(names == ListParameters.names(ProviderCatalog.all))
    let own = parameters("/v1/sessions/{id}").compactMap { $0["name"] as? String }
    #expect(own == ["id", "include", "fields"])
    for parameter in parameters("/v1/sessions") {
      #expect((parameter["description"] as? String)?.isEmpty == false)
    }
  }

  @Test func `the values that parameters allow are the code's`() {
    let limit = schema("limit")
    #expect(limit["minimum"] as? Int == ListParameters.limits.lowerBound)
    #expect(limit["maximum"] as? Int == ListParameters.limits.upperBound)
    #expect(limit["default"] as? Int == ListParameters.defaultLimit)
    #expect(schema("provider")["enum"] as? [String] == ProviderCatalog.all.map(\.name))
    #expect(schema("status")["enum"] as? [String] == SessionStatus.allCases.map(\.rawValue))
    #expect(schema("channel")["enum"] as? [String] == SessionChannel.allCases.map(\.rawValue))
    #expect(schema("modality")["enum"] as? [String] == SessionModality.allCases.map(\.rawValue))
    #expect(schema("fields")["enum"] as? [String] == SessionField.allCases.map(\.rawValue))
    #expect(schema("sort")["enum"] as? [String] == ListParameters.orders.map(\.name))
    let formats = ListParameters.Format.allCases.map(\.rawValue)
    #expect(schema("format")["enum"] as? [String] == formats)
    for provider in ProviderCatalog.all {
      for parameter in provider.parameters {
        let schema = schema("\(provider.name).\(parameter.name)")
        let isBoolean = schema["type"] as? String == "boolean"
        #expect(isBoolean == (parameter.kind == .boolean))
        #expect((schema["format"] as? String == "uuid") == (parameter.kind == .uuid))
      }
    }
  }

  @Test func `the session's fields are the code's`() throws {
    let session = properties("Session")
    #expect(Set(session.keys) == Set(SessionField.allCases.map(\.rawValue)))
    for outer in ["agent", "participant"] {
      let inner = (session[outer] as? [String: Any])?["properties"] as? [String: Any] ?? [:]
      let columns = SessionColumn.allCases.map(\.rawValue).filter { $0.hasPrefix("\(outer).") }
      #expect(Set(inner.keys.map { "\(outer).\($0)" }) == Set(columns))
    }
    let attributes = (session["attributes"] as? [String: Any])?["properties"] as? [String: Any]
    #expect(Set((attributes ?? [:]).keys) == Set(ProviderCatalog.all.flatMap(\.attributes)))
  }

  @Test func `problems and failures are named as in the code`() {
    let types = Problem.Kind.allCases.map { "urn:sessions-gateway:problem:\($0.rawValue)" }
    #expect(words("ProblemType") == types)
    let codes: [UpstreamFailure.Code] = [
      .timeout, .connect, .tls, .dns, .protocol, .unauthorized, .forbidden, .rateLimited,
      .upstreamStatus(500), .badPayload, .circuitOpen,
    ]
    #expect(words("UpstreamErrorCode") == codes.map(\.name))
  }

  @Test func `answers have the documented members, and no other`() throws {
    let fixture = try GatewayFixture(sessions: 30)
    fixture.setFault(.garbage, at: [.anam])
    let page = try fixture.client.page("include=raw&limit=20")
    #expect(Set(page.object.keys) == Set(properties("Page").keys))
    for session in page.sessions {
      #expect(Set(session.fields.keys) == Set(properties("Session").keys))
    }
    for name in page.sourceNames {
      let members = Set(page.source(name).keys)
      #expect(members.union(["error"]) == Set(properties("Outcome").keys))
    }
    #expect(Set(page.error("anam")?.keys ?? [:].keys) == Set(properties("UpstreamError").keys))
    let sources = try fixture.client.get("/v1/sources").object()["data"] as? [[String: Any]] ?? []
    #expect(sources.count == 3)
    for source in sources {
      #expect(Set(source.keys) == Set(properties("Source").keys))
    }
    let problem = try fixture.client.get("/v1/sessions?limit=0").object()
    #expect(Set(problem.keys) == Set(properties("Problem").keys))
  }

  @Test func `examples of sessions have every field`() {
    let example = value("components", "examples", "Session", "value") as? [String: Any] ?? [:]
    let fields = SessionField.allCases.map(\.rawValue).filter { $0 != "raw" }
    #expect(Set(example.keys) == Set(fields))
  }
}
