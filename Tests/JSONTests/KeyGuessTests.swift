import Foundation
import Testing

@testable import JSON

/// Names are guessed from the item before. A guess must never change what is read.
@Suite struct KeyGuessTests {
  /// Names that share beginnings, ends and lengths, at the lengths where the comparison changes.
  private static let names =
    (0...34).map { String(repeating: "n", count: $0) }
    + ["id", "ie", "nnnnnnnnnnnnnnnm", "mnnnnnnnnnnnnnnn", "nnnnnnnnnnnnmnnnn", "a\\u0062", "é"]

  @Test(arguments: 0..<60)
  func `items with other members in other orders`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let wanted = ["id", "n", "nnnnn", "nnnnnn", String(repeating: "n", count: 13), "ab", "é"]
    let projection = JSONProjection(list: nil, item: wanted + [String(repeating: "n", count: 29)])
    let columns = wanted + [String(repeating: "n", count: 29)]
    var expected: [[String: Int]] = []
    var items: [String] = []
    var order = Self.names
    for _ in 0..<40 {
      if Int.random(in: 0..<4, using: &random) == 0 { order.shuffle(using: &random) }
      var item: [String: Int] = [:]
      var members: [String] = []
      for name in order where Int.random(in: 0..<8, using: &random) > 0 {
        let value = Int.random(in: 0..<1000, using: &random)
        item[name == "a\\u0062" ? "ab" : name] = value
        let space = Int.random(in: 0..<30, using: &random) == 0 ? " " : ""
        members.append("\"\(name)\"\(space):\(space)\(value)")
      }
      expected.append(item)
      let separator = [",", ", ", " ,\n  "].randomElement(using: &random) ?? ","
      items.append("{" + members.joined(separator: separator) + "}")
    }
    let document = Array("[\(items.joined(separator: ","))]".utf8)
    let table = try withGuardedBytes(document) { try projection.readList($0) }
    #expect(table.rowCount == expected.count)
    for (index, item) in expected.enumerated() {
      for (column, name) in columns.enumerated() {
        let token = table.row(index)[column]
        let found = Int(String(decoding: document[token.range], as: UTF8.self))
        #expect(found == item[name], "seed \(seed), item \(index), \(name)")
      }
    }
  }

  @Test func `a first member's name is no guess for a later one's`() {
    let projection = JSONProjection(list: nil, item: ["id"])
    let items = #"{"id":1,"n":2},{"n":1},{"n":1{"id":2},{"some":"more than a block behind it"}"#
    #expect(throws: JSONError(.unexpectedByte, at: 30)) {
      try withGuardedBytes(Array("[\(items)]".utf8)) { try projection.readList($0) }
    }
  }

  @Test(arguments: 0..<20)
  func `a list with a changed byte is accepted or refused as its parts are`(seed: UInt64) throws {
    var generator = JSONDocumentGenerator(seed: 3000 + seed)
    let item = #"{"id":"a","agent":{"name":"b","é":1},"createdAt":"c","list":[{"id":1}]}"#
    let projection = JSONProjection(list: nil, item: ["id", "agent.name", "createdAt"])
    let skipping = JSONProjection(list: "none", item: [])
    for _ in 0..<200 {
      let document = generator.mutated(Array("[\(item),\(item),\(item)]".utf8))
      let read = withGuardedBytes(document) { (try? projection.readList($0)) != nil }
      let skipped = withGuardedBytes(document) { (try? skipping.readList($0)) != nil }
      #expect(read == skipped, "seed \(seed): \(String(decoding: document, as: UTF8.self))")
    }
  }
}
