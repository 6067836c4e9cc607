import Bytes
import Testing

@testable import JSON

@Suite struct JSONProjectionTests {
  /// Spelling of each slot of each row; nil where absent.
  private func rows(
    _ text: String, list: String? = nil, envelope: [String] = [], item: [String]
  ) throws -> (rows: [[String?]], envelope: [String?], table: JSONTable) {
    let projection = JSONProjection(list: list, envelope: envelope, item: item)
    let bytes = Array(text.utf8)
    let table = try withGuardedBytes(bytes) { try projection.readList($0) }
    func spelling(_ token: JSONToken) -> String? {
      token.kind == .absent ? nil : String(decoding: bytes[token.range], as: UTF8.self)
    }
    let rows = (0..<table.rowCount).map { row in item.indices.map { spelling(table.row(row)[$0]) } }
    return (rows, envelope.indices.map { spelling(table.envelope($0)) }, table)
  }

  @Test func `one slot a path, a row an item`() throws {
    let read = try rows(
      #"[{"id":"a","agent":{"name":"x","version":{"n":7}}},{"agent":null,"id":"b"}]"#,
      item: ["id", "agent.name", "agent.version.n", "agent"])
    #expect(
      read.rows == [
        [#""a""#, #""x""#, "7", #"{"name":"x","version":{"n":7}}"#], [#""b""#, nil, nil, "null"],
      ])
    #expect(read.table.row(0)[4].kind == .object)
    #expect(read.table.list.kind == .array)
  }

  @Test func `reads the envelope around the list`() throws {
    let read = try rows(
      #"{"meta":{"total":3,"next":null},"data":[{"id":1}],"data2":[{"id":2}],"more":true}"#,
      list: "data", envelope: ["meta.total", "meta.next", "more", "gone"], item: ["id"])
    #expect(read.rows == [["1"]])
    #expect(read.envelope == ["3", "null", "true", nil])
  }

  @Test func `a string in place of an item or of the list knows its escapes`() throws {
    let read = try rows(#"["a\n","b",{}]"#, item: ["id"])
    #expect((0..<3).map { read.table.row($0)[1].kind } == [.escapedString, .string, .object])
    #expect(try rows(#""a\n""#, item: ["id"]).table.list.kind == .escapedString)
    #expect(try rows(#"{"data":"a"}"#, list: "data", item: ["id"]).table.list.kind == .string)
  }

  @Test func `the last of equal names wins, with all below it`() throws {
    let read = try rows(
      #"[{"id":1,"a":{"x":1,"y":2},"id":2,"a":{"y":3}},{"a":{"x":1},"a":4}]"#,
      item: ["id", "a.x", "a.y"])
    #expect(read.rows == [["2", nil, "3"], [nil, nil, nil]])
    let twice = try rows(
      #"{"data":[{"id":1},{"id":2}],"data":[{"id":3}]}"#, list: "data", item: ["id"])
    #expect(twice.rows == [["3"]])
    let gone = try rows(#"{"data":[{"id":1}],"data":null}"#, list: "data", item: ["id"])
    #expect(gone.rows.isEmpty && gone.table.list.kind == .null)
  }

  @Test func `names match by value`() throws {
    let read = try rows(
      #"[{"\u0069\u0064":1,"na\u006de":2,"id\u0000":3,"i":4,"idx":5}]"#, item: ["id", "name"])
    #expect(read.rows == [["1", "2"]])
  }

  @Test func `names of every length are told apart`() throws {
    let names = (1...40).map { String(repeating: "k", count: $0) }
    let close = ["a", "b", "ab", "ba"]
    let all = names + close
    let text = "[{" + all.enumerated().map { "\"\($1)\":\($0)" }.joined(separator: ",") + "}]"
    let read = try rows(text, item: all)
    #expect(read.rows == [all.indices.map { "\($0)" }])
    let others = try rows(text.replacing("kk", with: "kx"), item: names.filter { $0.count > 1 })
    #expect(others.rows[0].allSatisfy { $0 == nil })
    let middle = try rows(
      #"[{"kkkkkkkk_kkkkkkkk":1,"kkkkkkkkkkkkkkkk":2}]"#, item: ["kkkkkkkkkkkkkkkkk"])
    #expect(middle.rows == [[nil]])
  }

  @Test func `an item that is no object is a row of its own kind`() throws {
    let read = try rows(#"[1,"x",null,[{"id":1}],{"id":2}]"#, item: ["id"])
    #expect(read.rows == [[nil], [nil], [nil], [nil], ["2"]])
    #expect(
      (0..<5).map { read.table.row($0)[1].kind } == [.number, .string, .null, .array, .object])
  }

  @Test func `says what stands in the list's place`() throws {
    #expect(try rows("{}", list: "data", item: ["id"]).table.list.kind == .absent)
    #expect(try rows(#"{"data":"x"}"#, list: "data", item: ["id"]).table.list.kind == .string)
    #expect(try rows("[]", list: "data", item: ["id"]).table.list.kind == .absent)
    #expect(try rows(#"{"a":1}"#, item: ["id"]).table.list.kind == .object)
    #expect(throws: JSONError.self) { try rows("[{]", item: ["id"]) }
  }

  @Test func `many rows`() throws {
    let text = "[" + (0..<1000).map { "{\"id\":\($0)}" }.joined(separator: ",") + "]"
    #expect(try rows(text, item: ["id"]).rows == (0..<1000).map { ["\($0)"] })
  }

  @Test func `reads a single item`() throws {
    let projection = JSONProjection(list: "data", item: ["id"])
    let bytes = ByteBuffer(#" {"id":"x"} "#)
    let table = try projection.readItem(bytes.bytes)
    #expect(table.rowCount == 1)
    #expect(JSONText.string(of: table.row(0)[0], in: bytes.bytes) == "x")
    #expect(table.row(0)[1].range == 1..<11)
  }
}
