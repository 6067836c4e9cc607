import Bytes
import Foundation
import Providers
import Sessions
import Testing

/// Answers that are not what a provider documents, for every provider of the catalogue.
@Suite struct MalformedAnswerTests {
  @Test(arguments: ProviderFixture.all)
  func `a malformed item is left out and counted`(fixture: ProviderFixture) throws {
    let contract = try fixture.contract()
    let items = try fixture.items()
    var bad: [Any] = [1, "x", NSNull(), [Any](), [String: Any](), true]
    for value in [nil, NSNull(), 5, "", true, ["x"], ["id": "x"]] as [Any?] {
      bad.append(items[0].replacing(contract.id, value))
    }
    for value in [nil, NSNull(), 5, "", "yesterday", "2026-02-30", ["2026-01-01"]] as [Any?] {
      bad.append(items[0].replacing(contract.createdAt, value))
    }
    for item in bad {
      let window = try fixture.window(fixture.page([items[0], item, items[1]]), count: 3)
      #expect(window.rejected == 1 && window.rawCount == 3, "\(item)")
      #expect(window.positions == [0, 2])
      #expect(window.sessions.count == 2)
      let alone = try JSONSerialization.data(withJSONObject: item, options: .fragmentsAllowed)
      #expect(throws: PayloadError.self) { try fixture.provider.item(from: ByteBuffer(alone)) }
    }
  }

  @Test(arguments: ProviderFixture.all)
  func `a malformed envelope fails the answer`(fixture: ProviderFixture) throws {
    let page = try fixture.data("page.json")
    let item = try JSONSerialization.data(withJSONObject: fixture.items()[0])
    var bad = ["", " ", "null", "5", "\"x\"", "{}", "[", "{", "<html></html>"].map { Data($0.utf8) }
    bad += [item, page + Data("]".utf8), page + page, Data([0xEF, 0xBB, 0xBF]) + page]
    if let list = try fixture.contract().list {
      bad += ["[]", "{\"\(list)\":{}}", "{\"\(list)\":null}", "{\"\(list)\":[]}"].map {
        Data($0.utf8)
      }
    }
    for length in stride(from: 0, to: page.count - 3, by: 97) { bad.append(page.prefix(length)) }
    for data in bad {
      #expect(throws: PayloadError.self, "\(String(decoding: data.prefix(60), as: UTF8.self))") {
        try fixture.window(data)
      }
    }
  }

  @Test(arguments: ProviderFixture.all)
  func `an error holds nothing of the answer`(fixture: ProviderFixture) throws {
    let data = Data("{\"secret-name\": secret-value}".utf8)
    do {
      _ = try fixture.window(data)
      Issue.record("accepted")
    } catch let error as PayloadError {
      #expect(!error.reason.contains("secret"))
    }
  }

  @Test(arguments: ProviderFixture.all)
  func `a wrong type in an optional member is null`(fixture: ProviderFixture) throws {
    let contract = try fixture.contract()
    let full = try fixture.items()[0]
    let without = try fixture.normalized(fixture.window(fixture.page([full])))[0]
    for path in paths(of: full) where path != [contract.id] && path != [contract.createdAt] {
      let absent = try normalized(fixture, full.replacing(path, nil))
      #expect(
        equal(try normalized(fixture, full.replacing(path, NSNull())), absent), "null at \(path)")
      for value in [["odd": 1], [1, 2]] as [Any] {
        let found = try normalized(fixture, full.replacing(path, value))
        #expect(equal(found, absent), "\(value) at \(path)")
      }
      for value in [true, 7.5, "odd"] as [Any] {
        let found = try normalized(fixture, full.replacing(path, value))
        #expect(Set(found.keys) == Set(without.keys), "\(value) at \(path)")
        for (field, kind) in ProviderFixture.kinds {
          #expect(kind(found[field] as Any), "\(field)")
        }
      }
    }
  }

  private func normalized(_ fixture: ProviderFixture, _ item: Any) throws -> [String: Any] {
    try #require(try fixture.normalized(fixture.window(fixture.page([item]))).first)
  }

  /// Paths of all members, of objects and what is in them.
  private func paths(of object: [String: Any]) -> [[String]] {
    object.flatMap { name, value in
      [[name]] + paths(of: value as? [String: Any] ?? [:]).map { [name] + $0 }
    }
  }

  @Test(arguments: ProviderFixture.all)
  func `an unknown word of an enum does not fall through`(fixture: ProviderFixture) throws {
    let full = try fixture.items()[0]
    for member in try fixture.contract().enums {
      for word in ["SOMETHING_NEW", "", "é\n"] {
        let found = try normalized(fixture, full.replacing(member.member, word))
        #expect(found[member.field] as? String == member.unknown, "\(member.member)")
      }
    }
  }

  @Test(arguments: ProviderFixture.all)
  func `odd ids are kept as they are meant`(fixture: ProviderFixture) throws {
    let contract = try fixture.contract()
    let full = try fixture.items()[0]
    let ids = [
      "a/b:c", "é😀", "\"quoted\\\"", "a\nb\u{1}", " ", String(repeating: "x", count: 20_000),
    ]
    for id in ids {
      let window = try fixture.window(fixture.page([full.replacing(contract.id, id), full]))
      #expect(String(decoding: window.nativeID(window.sessions[0]), as: UTF8.self) == id)
      let found = try fixture.normalized(window)[0]
      #expect(found["nativeId"] as? String == id)
      #expect(found["id"] as? String == "\(fixture.provider.name):\(id)")
    }
  }

  @Test(arguments: ProviderFixture.all)
  func `ids written with escapes are the ids they stand for`(fixture: ProviderFixture) throws {
    let page = String(decoding: try fixture.data("page.json"), as: UTF8.self)
    let id = try #require(try fixture.items()[0][fixture.contract().id] as? String)
    let escaped = id.unicodeScalars.map { "\\u" + hexadecimal($0.value) }.joined()
    let window = try fixture.window(
      Data(page.replacing("\"id\": \"\(id)\"", with: "\"id\":\"\(escaped)\"").utf8))
    #expect(String(decoding: window.nativeID(window.sessions[0]), as: UTF8.self) == id)
    let lone = try fixture.window(
      Data(page.replacing("\"id\": \"\(id)\"", with: "\"id\":\"\\ud800\"").utf8))
    #expect(try fixture.normalized(lone)[0]["nativeId"] as? String == "\u{FFFD}")
  }

  private func hexadecimal(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 4 - digits.count) + digits
  }
}

extension ProviderFixture {
  /// What each field's value may be, whatever the provider sends.
  static let kinds: [(String, @Sendable (Any) -> Bool)] = {
    let text: @Sendable (Any) -> Bool = { $0 is String || $0 is NSNull }
    let number: @Sendable (Any) -> Bool = { $0 is NSNumber || $0 is NSNull }
    let texts = [
      "title", "nativeStatus", "updatedAt", "startedAt", "endedAt", "workspaceId", "conversationId",
      "parentId", "error",
    ]
    return texts.map { ($0, text) }
      + ["durationMs", "messageCount", "costUsd"].map { ($0, number) }
  }()
}

extension [String: Any] {
  /// With another value under `name`, or without it.
  func replacing(_ name: String, _ value: Any?) -> [String: Any] {
    var changed = self
    changed[name] = value
    return changed
  }

  func replacing(_ path: [String], _ value: Any?) -> [String: Any] {
    guard path.count > 1 else { return replacing(path[0], value) }
    let inner = self[path[0]] as? [String: Any] ?? [:]
    return replacing(path[0], inner.replacing(Array(path.dropFirst()), value))
  }
}
