import Bytes
import Foundation
import Providers
import Sessions
import Testing

/// What every provider of the catalogue must do. A new one passes it with a folder of fixtures.
@Suite struct ProviderContractTests {
  @Test(arguments: ProviderFixture.all)
  func `names and limits are sound`(fixture: ProviderFixture) throws {
    let provider = fixture.provider
    #expect(provider.name.allSatisfy { $0.isLowercase && $0.isASCII })
    #expect(provider.defaultBaseURL.hasPrefix("https://"))
    #expect(!provider.defaultBaseURL.hasSuffix("/"))
    #expect(provider.windows.maximum >= 1)
    #expect(provider.attributes.count <= 8)
    #expect(Set(provider.attributes).count == provider.attributes.count)
    #expect(provider.contactAttributes.isSubset(of: provider.attributes))
    #expect(Set(ProviderCatalog.all.map(\.name)).count == ProviderCatalog.all.count)
    let credential = provider.credential("key-1")
    let expected = try fixture.contract().credential
    #expect(credential.name == expected.name && credential.value == expected.value)
  }

  @Test(arguments: ProviderFixture.all)
  func `the list's target`(fixture: ProviderFixture) throws {
    let target = fixture.provider.listTarget(
      WindowRequest(offset: 20, count: 10), order: .newestFirst, filter: SessionFilter())
    #expect(target == (try fixture.contract().listTarget))
  }

  @Test(arguments: ProviderFixture.all)
  func `an id stays one segment of the item's target`(fixture: ProviderFixture) throws {
    let start = try fixture.contract().itemTarget
    let odd = [
      "plain-1_2.3~", "a/b", "../..", "a?b", "a#b", "a%2Fb", "é😀", " ", "a\r\nb", "\\",
      ":@!$&'()*+,;=",
      String(repeating: "long/", count: 2000),
    ]
    for id in odd {
      let target = fixture.provider.itemTarget(nativeID: id)
      try #require(target.hasPrefix(start))
      let segment = target.dropFirst(start.count)
      #expect(segment.removingPercentEncoding == id)
      #expect(segment.utf8.allSatisfy { "%-._~".utf8.contains($0) || $0.isAlphanumeric })
    }
    #expect(fixture.provider.itemTarget(nativeID: ".") == start + "%2E")
    #expect(fixture.provider.itemTarget(nativeID: "..") == start + "%2E%2E")
    #expect(fixture.provider.itemTarget(nativeID: "plain-1") == start + "plain-1")
  }

  @Test(arguments: ProviderFixture.all)
  func `a page becomes what its expected file says`(fixture: ProviderFixture) throws {
    let window = try fixture.window(fixture.data("page.json"))
    let expected = try #require(
      try JSONSerialization.jsonObject(with: fixture.data("page.expected.json"))
        as? [[String: Any]])
    let found = try fixture.normalized(window)
    #expect(found.count == expected.count)
    for (found, expected) in zip(found, expected) {
      for (field, value) in expected {
        #expect(equal(found[field] as Any, value), "\(field) of \(expected["id"] ?? "")")
      }
      #expect(Set(found.keys) == Set(expected.keys))
    }
    #expect(window.end == .further)
    #expect(window.rejected == 0 && window.rawCount == expected.count)
    #expect(window.positions == (0..<expected.count).map { Int32($0) })
  }

  @Test(arguments: ProviderFixture.all)
  func `the last page and an empty one end the list`(fixture: ProviderFixture) throws {
    let last = try fixture.window(fixture.data("last.json"))
    #expect(last.end == .here && last.sessions.count == 1)
    let empty = try fixture.window(fixture.data("empty.json"))
    #expect(empty.end == .here && empty.sessions.isEmpty && empty.rawCount == 0)
  }

  @Test(arguments: ProviderFixture.all)
  func `one item is read alike`(fixture: ProviderFixture) throws {
    let expected = try fixture.normalized(fixture.window(fixture.data("page.json")), raw: true)
    for (item, expected) in zip(try fixture.items(), expected) {
      let body = ByteBuffer(try JSONSerialization.data(withJSONObject: item))
      let window = try fixture.provider.item(from: body)
      #expect(equal(try fixture.normalized(window, raw: true), [expected]))
    }
  }

  @Test(arguments: ProviderFixture.all)
  func `the raw object is copied unchanged`(fixture: ProviderFixture) throws {
    let page = try fixture.data("page.json")
    let window = try fixture.window(page)
    let found = try fixture.normalized(window, raw: true).map { $0["raw"] as Any }
    #expect(equal(found, try fixture.items()))
    for session in window.sessions {
      let raw = String(decoding: window.storage[session.raw.range], as: UTF8.self)
      #expect(String(decoding: page, as: UTF8.self).contains(raw))
      #expect(fixture.text(window, raw: true).contains(",\"raw\":" + raw + "}"))
    }
    #expect(!fixture.text(window).contains("\"raw\""))
  }

  @Test(arguments: ProviderFixture.all)
  func `contact is null without the permission`(fixture: ProviderFixture) throws {
    let window = try fixture.window(fixture.data("page.json"))
    for session in try fixture.normalized(window, contact: false) {
      let participant = try #require(session["participant"] as? [String: Any])
      #expect(participant["email"] is NSNull && participant["phone"] is NSNull)
      let attributes = try #require(session["attributes"] as? [String: Any])
      #expect(Set(attributes.keys) == Set(fixture.provider.attributes))
      for name in fixture.provider.contactAttributes { #expect(attributes[name] is NSNull) }
    }
  }

  @Test(arguments: ProviderFixture.all)
  func `other member orders and spacing make no difference`(fixture: ProviderFixture) throws {
    let expected = try fixture.normalized(fixture.window(fixture.data("page.json")))
    let page = try JSONSerialization.jsonObject(with: fixture.data("page.json"))
    for options: JSONSerialization.WritingOptions in [[], .prettyPrinted, .sortedKeys] {
      let data = try JSONSerialization.data(withJSONObject: page, options: options)
      #expect(equal(try fixture.normalized(fixture.window(data)), expected))
    }
  }
}

extension UInt8 {
  fileprivate var isAlphanumeric: Bool {
    (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self)
  }
}
