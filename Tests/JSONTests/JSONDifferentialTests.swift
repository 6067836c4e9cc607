import Foundation
import Testing

@testable import JSON

/// Our reader against Foundation's on seeded random documents. Policies that differ, and are left
/// out of the comparison: Foundation refuses lone surrogates, tells encodings apart by zero bytes and byte
/// order marks, and has another depth limit.
@Suite struct JSONDifferentialTests {
  private static func foundationAccepts(_ bytes: [UInt8]) -> Bool {
    (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
  }

  private static func isComparable(_ bytes: [UInt8]) -> Bool {
    if bytes.contains(0) || bytes.starts(with: [0xEF, 0xBB]) || bytes.starts(with: [0xFE])
      || bytes.starts(with: [0xFF])
    {
      return false
    }
    let text = String(decoding: bytes, as: UTF8.self).lowercased()
    return !text.contains("\\ud")
  }

  @Test(arguments: 0..<40)
  func `accepts and refuses the same as Foundation`(seed: UInt64) {
    var generator = JSONDocumentGenerator(seed: seed)
    for round in 0..<25 {
      let document = generator.document()
      #expect(JSONScannerTests.error(document) == nil, "seed \(seed), round \(round)")
      for _ in 0..<8 {
        let bytes = generator.mutated(document)
        let accepted = JSONScannerTests.error(bytes) == nil
        guard Self.isComparable(bytes) else { continue }
        #expect(
          accepted == Self.foundationAccepts(bytes),
          "seed \(seed), round \(round): \(String(decoding: bytes, as: UTF8.self))")
      }
    }
  }

  @Test(arguments: 0..<20)
  func `a document cut anywhere is refused`(seed: UInt64) {
    var generator = JSONDocumentGenerator(seed: 1000 + seed)
    let inner = generator.document()
    let document = [UInt8(ascii: "[")] + inner + [UInt8(ascii: "]")]
    for length in 0..<document.count {
      #expect(JSONScannerTests.error(Array(document[..<length])) != nil, "seed \(seed)")
    }
    #expect(JSONScannerTests.error(document) == nil)
  }

  @Test(arguments: 0..<40)
  func `projected members say what Foundation says`(seed: UInt64) throws {
    var generator = JSONDocumentGenerator(seed: 2000 + seed)
    let projection = JSONProjection(list: nil, item: ["a", "a.b", "a.b.id", "id", "n a m e", "b"])
    for _ in 0..<20 {
      let parts = (0..<6).map { _ in generator.document() }
      let document = Array(
        """
        [{"b":\(text(parts[0])),"x":\(text(parts[1])),"a":{"id":1,"b":{"z":0,"id":\(text(parts[2]))}},
        "\\u0069d":\(text(parts[3])), "n a m e":\(text(parts[4])) }, \(text(parts[5]))]
        """.utf8)
      let table = try withGuardedBytes(document) { try projection.readList($0) }
      let items = try #require(
        try JSONSerialization.jsonObject(with: Data(document)) as? [Any])
      #expect(table.rowCount == items.count)
      let row = table.row(0)
      let expected: [[UInt8]?] = [nil, nil, parts[2], parts[3], parts[4], parts[0]]
      for (slot, part) in expected.enumerated() where part != nil {
        let found = Data(document[row[slot].range])
        let value = try JSONSerialization.jsonObject(with: found, options: .fragmentsAllowed)
        let wanted = try JSONSerialization.jsonObject(
          with: Data(part ?? []), options: .fragmentsAllowed)
        #expect(value as? NSObject == wanted as? NSObject, "seed \(seed), slot \(slot)")
      }
    }
  }

  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
