import Bytes
import HTTP
import Support
import Testing

struct QueryTests {
  @Test func `pairs are decoded in order`() throws {
    let pairs = try Query.decode("a=1&b=x%20y+z&&c&d=%C3%A9&a=2=3")
    #expect(pairs.map(\.name) == ["a", "b", "c", "d", "a"])
    #expect(pairs.map(\.value) == ["1", "x y z", "", "é", "2=3"])
  }

  @Test(arguments: ["%zz", "%4", "%", "%FF", "%C0%AF", "%ED%A0%80"])
  func `a bad escape names its parameter`(value: String) {
    let error = #expect(throws: ProtocolError.self) { try Query.decode("ok=1&limit=\(value)") }
    #expect(error?.status == 400)
    #expect(error?.parameter == "limit")
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func `what is encoded decodes to itself`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      let text = String(
        (0..<12).map { _ in
          Character(Unicode.Scalar(UInt16.random(in: 0...0xD7FF, using: &random)) ?? "x")
        })
      #expect(PercentCoding.decodeSegment(PercentCoding.encode(text)) == text, "seed \(seed)")
      let target = ByteBuffer("/p")
      var isFirst = true
      Query.append("a", text, to: target, isFirst: &isFirst)
      Query.append("b", "1", to: target, isFirst: &isFirst)
      let query = try #require(target.text.split(separator: "?").last)
      #expect(try Query.decode(String(query)).map(\.value) == [text, "1"], "seed \(seed)")
    }
  }

  @Test func `a path segment keeps its slash and plus, and refuses what is no text`() {
    #expect(PercentCoding.encode("a/b c?") == "a%2Fb%20c%3F")
    #expect(PercentCoding.decodeSegment("a%2Fb+c") == "a/b+c")
    #expect(PercentCoding.decodeSegment("%FF") == nil)
    #expect(PercentCoding.decodeSegment("%f") == nil)
  }
}
