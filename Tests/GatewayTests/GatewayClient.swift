import Foundation
import Support
import Testing

/// Asks a gateway over plain sockets, a connection a request.
struct GatewayClient {
  let port: UInt16
  private let servers: RunningServers?

  /// Of a gateway that runs elsewhere.
  init(port: UInt16) {
    self.port = port
    servers = nil
  }

  init(_ servers: RunningServers) {
    self.servers = servers
    port = servers.gateway.address.port
  }

  func get(_ target: String, _ headers: [String: String] = [:]) throws -> GatewayAnswer {
    try ask("GET", target, headers)
  }

  func ask(
    _ method: String, _ target: String, _ headers: [String: String] = [:], body: String? = nil
  ) throws -> GatewayAnswer {
    var fields = ["Host": "127.0.0.1:\(port)", "Connection": "close"]
    fields.merge(headers) { $1 }
    if let body { fields["Content-Length"] = "\(body.utf8.count)" }
    let head = fields.map { "\($0): \($1)\r\n" }.sorted().joined()
    let connection = try RawClient(port: port)
    try connection.send("\(method) \(target) HTTP/1.1\r\n\(head)\r\n\(body ?? "")")
    let answer = try connection.answer(bodiless: method == "HEAD")
    return GatewayAnswer(try #require(answer, "\(method) \(target)"))
  }

  /// A page of the list, which must come with status 200.
  func page(
    _ query: String, _ headers: [String: String] = [:],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Page {
    let answer = try get("/v1/sessions" + (query.isEmpty ? "" : "?\(query)"), headers)
    try #require(
      answer.status == 200, "\(query.prefix(200)): \(answer.status) \(answer.body.prefix(400))",
      sourceLocation: sourceLocation)
    return Page(try answer.object())
  }
}

struct GatewayAnswer {
  let status: Int
  let head: String
  let body: String
  /// The body as it came: packed, perhaps.
  let bytes: [UInt8]

  init(_ answer: RawClient.Answer) {
    (status, head, body, bytes) = (answer.status, answer.head, answer.body, answer.bytes)
  }

  /// The values of one field, joined as RFC 9110 section 5.3 allows; nil when absent.
  subscript(_ name: String) -> String? {
    let lines = head.components(separatedBy: "\r\n").dropFirst()
    let values = lines.compactMap { line -> String? in
      guard let colon = line.firstIndex(of: ":") else { return nil }
      guard line[..<colon].lowercased() == name.lowercased() else { return nil }
      return line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    return values.isEmpty ? nil : values.joined(separator: ", ")
  }

  func object(sourceLocation: SourceLocation = #_sourceLocation) throws -> [String: Any] {
    let parsed = try? JSONSerialization.jsonObject(with: Data(body.utf8))
    return try #require(
      parsed as? [String: Any], "\(status) \(body.prefix(400))", sourceLocation: sourceLocation)
  }

  /// The name after the common prefix of problem types.
  var problem: String? {
    guard let object = try? object(), let type = object["type"] as? String else { return nil }
    let prefix = "urn:sessions-gateway:problem:"
    return type.hasPrefix(prefix) ? String(type.dropFirst(prefix.count)) : type
  }

  /// The URL of `Link` with `rel="next"`.
  var nextLink: String? {
    guard let link = self["Link"], link.contains("rel=\"next\"") else { return nil }
    guard let start = link.firstIndex(of: "<"), let end = link.firstIndex(of: ">") else {
      return nil
    }
    return String(link[link.index(after: start)..<end])
  }

  /// Checks everything that RFC 9457 and the API's document ask of an error answer.
  func expectProblem(
    _ status: Int, _ type: String, parameter: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let shown: Comment = "\(self.status) \(body.prefix(400))"
    #expect(self.status == status, shown, sourceLocation: sourceLocation)
    #expect(problem == type, shown, sourceLocation: sourceLocation)
    #expect(
      self["Content-Type"]?.hasPrefix("application/problem+json") == true, shown,
      sourceLocation: sourceLocation)
    guard let object = try? object() else {
      Issue.record("no JSON object: \(shown)", sourceLocation: sourceLocation)
      return
    }
    #expect(object["status"] as? Int == status, shown, sourceLocation: sourceLocation)
    for member in ["title", "detail", "requestId"] {
      let text = object[member] as? String
      #expect(text?.isEmpty == false, "\(member): \(shown)", sourceLocation: sourceLocation)
    }
    #expect(
      object["requestId"] as? String == self["X-Request-Id"], shown,
      sourceLocation: sourceLocation)
    if let parameter {
      #expect(object["parameter"] as? String == parameter, shown, sourceLocation: sourceLocation)
    }
    if status == 429 || status == 503 {
      #expect(self["Retry-After"] != nil, shown, sourceLocation: sourceLocation)
    }
  }
}

/// A page of the list.
struct Page {
  let object: [String: Any]

  init(_ object: [String: Any]) { self.object = object }

  var sessions: [Session] { (object["data"] as? [[String: Any]] ?? []).map(Session.init) }
  var ids: [String] { sessions.map(\.id) }
  var cursor: String? { (object["page"] as? [String: Any])?["nextCursor"] as? String }
  var hasMore: Bool? { (object["page"] as? [String: Any])?["hasMore"] as? Bool }
  var isPartial: Bool? { object["partial"] as? Bool }

  func source(_ name: String) -> [String: Any] {
    (object["sources"] as? [String: Any])?[name] as? [String: Any] ?? [:]
  }

  var sourceNames: [String] { (object["sources"] as? [String: Any] ?? [:]).keys.sorted() }
  func state(_ name: String) -> String? { source(name)["state"] as? String }
  func count(_ counter: String, _ name: String) -> Int? { source(name)[counter] as? Int }
  func error(_ name: String) -> [String: Any]? { source(name)["error"] as? [String: Any] }
  func errorCode(_ name: String) -> String? { error(name)?["code"] as? String }

  /// Upstream requests that this page says it cost.
  var cost: Int { sourceNames.reduce(0) { $0 + (count("upstreamRequests", $1) ?? 0) } }
}

/// One session of an answer, or of what is expected of one.
struct Session {
  let fields: [String: Any]

  init(_ fields: [String: Any]) { self.fields = fields }

  var id: String { fields["id"] as? String ?? "" }
  var source: String { fields["source"] as? String ?? "" }
  var nativeID: String { fields["nativeId"] as? String ?? "" }
  func text(_ name: String) -> String? { fields[name] as? String }

  func text(_ outer: String, _ inner: String) -> String? {
    (fields[outer] as? [String: Any])?[inner] as? String
  }

  /// One line, members in order of their names; null attributes are left out, as an absent one
  /// means the same.
  var canonical: String {
    var fields = fields
    if let attributes = fields["attributes"] as? [String: Any] {
      fields["attributes"] = attributes.filter { !($0.value is NSNull) }
    }
    return canonicalJSON(fields)
  }
}

func canonicalJSON(_ value: Any) -> String {
  let options: JSONSerialization.WritingOptions = [
    .sortedKeys, .fragmentsAllowed, .withoutEscapingSlashes,
  ]
  let data = try? JSONSerialization.data(withJSONObject: value, options: options)
  return data.map { String(decoding: $0, as: UTF8.self) } ?? "not JSON: \(value)"
}

/// `text` with everything but unreserved characters percent-encoded.
func escaped(_ text: String) -> String {
  let unreserved = CharacterSet(
    charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
  return text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? text
}
