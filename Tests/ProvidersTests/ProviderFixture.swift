import Bytes
import Foundation
import Providers
import Sessions
import Testing

/// A provider of the catalogue with its folder of fixtures: its pages as documented, what they become
/// (`page.expected.json`), and what the contract suite must know of its wire format (`contract.json`).
struct ProviderFixture: Sendable, CustomTestStringConvertible {
  let provider: any SessionProvider

  static let all = ProviderCatalog.all.map { ProviderFixture(provider: $0) }

  var testDescription: String { provider.name }

  /// How the suite finds its way in the provider's answers.
  struct Contract: Decodable {
    /// The member that holds the list; nil when the list is the root.
    var list: String?
    /// Members of an item that it cannot do without.
    var id: String
    var createdAt: String
    var credential: Credential
    /// The target for one item but for its last segment.
    var itemTarget: String
    /// The target for ten rows from offset 20, newest first, without filters.
    var listTarget: String
    /// Members with a fixed set of words, the field they decide, and that for another word.
    var enums: [EnumMember]
  }

  struct Credential: Decodable { var name, value: String }
  struct EnumMember: Decodable { var member, field, unknown: String }

  // MARK: Files

  func data(_ file: String) throws -> Data {
    try Data(
      contentsOf: URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Fixtures/\(provider.name)/\(file)"))
  }

  func contract() throws -> Contract {
    try JSONDecoder().decode(Contract.self, from: data("contract.json"))
  }

  // MARK: Answers

  /// The items of `page.json`.
  func items() throws -> [[String: Any]] {
    let page = try JSONSerialization.jsonObject(with: data("page.json"))
    let list = try contract().list.map { (page as? [String: Any])?[$0] as Any } ?? page
    return try #require(list as? [[String: Any]])
  }

  /// `page.json` with other items.
  func page(_ items: [Any]) throws -> Data {
    guard let list = try contract().list else {
      return try JSONSerialization.data(withJSONObject: items)
    }
    var page = try #require(
      try JSONSerialization.jsonObject(with: data("page.json")) as? [String: Any])
    page[list] = items
    return try JSONSerialization.data(withJSONObject: page)
  }

  func window(_ data: Data, offset: Int = 0, count: Int? = nil) throws -> Window {
    try provider.window(
      from: ByteBuffer(data),
      answering: WindowRequest(offset: offset, count: count ?? items().count))
  }

  /// The sessions of a window as an answer shows them, to a caller who may see everything.
  func normalized(
    _ window: Window, fields: SessionFields = .all, raw: Bool = false, contact: Bool = true
  ) throws -> [[String: Any]] {
    let text = text(window, fields: fields, raw: raw, contact: contact)
    return try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
  }

  func text(
    _ window: Window, fields: SessionFields = .all, raw: Bool = false, contact: Bool = true
  ) -> String {
    let writer = SessionWriter(
      SessionRendering(source: provider.name, provider: provider), fields: fields,
      includesRaw: raw, showsContact: contact)
    let buffer = ByteBuffer("[")
    for (index, session) in window.sessions.enumerated() {
      if index > 0 { buffer.append(",") }
      writer.write(session, of: window, to: buffer)
    }
    buffer.append("]")
    return buffer.text
  }
}

func equal(_ left: Any, _ right: Any) -> Bool {
  (left as? NSObject) == (right as? NSObject)
}
