import Bytes
import JSON

/// JSON: the verdict of a slow reader, tokens that are values themselves, and texts that are the same
/// after they were written and read again.
enum JSONFuzz {
  /// As many as our reader lets be open at a time.
  private static let depth = 64
  private static let atRoot = JSONProjection(list: nil, item: paths)
  private static let within = JSONProjection(
    list: "data.items", envelope: ["meta.total", "more", "data"], item: paths)
  private static let paths = ["id", "a", "a.b", "a.b.id", "name of more than sixteen bytes"]

  static func check(_ bytes: [UInt8]) throws(Finding) {
    let accepts = JSONOracle.accepts(bytes, depth: depth)
    for projection in [atRoot, within] {
      try readAlone(bytes) { (source) throws(Finding) in
        let table: JSONTable
        do throws(JSONError) {
          table = try projection.readList(source)
        } catch {
          return try expect(!accepts, "refused: \(error)")
        }
        try expect(accepts, "accepted, and is no JSON")
        for row in 0..<table.rowCount {
          for token in table.row(row) { try check(token, source) }
        }
        for slot in 0..<projection.envelopeSlots { try check(table.envelope(slot), source) }
      }
    }
  }

  private static func check(
    _ token: JSONToken, _ source: UnsafeRawBufferPointer
  ) throws(Finding) {
    guard token.kind != .absent else { return }
    try expect(token.range.upperBound <= source.count, "a token beyond the text")
    try expect(
      JSONOracle.accepts(Array(source[token.range]), depth: depth), "a token that is no value")
    let written = ByteBuffer()
    written.append(json: token, in: source)
    try expect(JSONOracle.accepts(Array(written.bytes), depth: depth), "written: \(written.text)")
    guard token.isString else { return }
    let text = JSONText.string(of: token, in: source)
    let encoded = ByteBuffer()
    encoded.append(json: text)
    for spelling in [written, encoded] {
      let again = try string(in: Array(spelling.bytes))
      try expect(again == text, "\(text.debugDescription) read again: \(again.debugDescription)")
    }
  }

  /// The value of a document that is one string.
  private static func string(in bytes: [UInt8]) throws(Finding) -> String {
    var text = ""
    try readAlone(Array("[{\"id\":".utf8) + bytes + Array("}]".utf8)) { (source) throws(Finding) in
      guard let table = try? atRoot.readList(source), table.rowCount == 1,
        table.row(0)[0].isString
      else { throw Finding("no string: \(bytes)") }
      text = JSONText.string(of: table.row(0)[0], in: source)
    }
    return text
  }

  /// Calls `body` with the bytes in memory of their own: a sanitizer sees who reads beyond them.
  private static func readAlone(
    _ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws(Finding) -> Void
  ) throws(Finding) {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    defer { copy.deallocate() }
    copy.copyBytes(from: bytes)
    try body(UnsafeRawBufferPointer(copy))
  }
}
