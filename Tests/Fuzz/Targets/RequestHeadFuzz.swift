import Bytes
import HTTP

/// Request heads: one verdict however they are cut, none before the head is whole, and what is read
/// can be written and read again.
enum RequestHeadFuzz {
  private struct Head: Equatable {
    var method: String
    var path: String
    var query: String?
    var authority: String
    var minorVersion: Int
    var framing: BodyFraming
    var keepsAlive: Bool
    var expectsContinue: Bool
    var byteCount: Int
    var fields: [[UInt8]]

    init(_ head: RequestHead) {
      method = head.method
      path = head.path
      query = head.query
      authority = head.authority
      minorVersion = head.minorVersion
      framing = head.framing
      keepsAlive = head.keepsAlive
      expectsContinue = head.expectsContinue
      byteCount = head.byteCount
      fields = HeadFeed.list(head.fields)
    }
  }

  static func check(_ bytes: [UInt8]) throws(Finding) {
    let whole = verdict(bytes, [])
    for cuts in cuts(bytes) {
      let found = verdict(bytes, cuts)
      try expect(found == whole, "cut at \(cuts.count) places: \(found), whole: \(whole)")
    }
    guard case .head(let head) = whole else { return }
    try expect(head.byteCount <= bytes.count, "longer than what came")
    try expect(
      verdict(Array(bytes[..<head.byteCount]), []) == whole, "what follows a head changes it")
    try expect(
      verdict(Array(bytes[..<(head.byteCount - 1)]), []) == .incomplete, "a verdict too early")
    try HeadFeed.checkFields(head.fields)
    try expect(head.framing != .untilClose, "a request that ends with the connection")
    try expect(!head.path.utf8.contains { $0 <= 0x20 || $0 >= 0x7F }, "a path with \(head.path)")
    try checkWriting(head)
  }

  /// The same head written by our encoder means the same to our parser.
  private static func checkWriting(_ head: Head) throws(Finding) {
    guard head.method != "CONNECT", !head.authority.isEmpty else { return }
    let buffer = ByteBuffer()
    var fields = Fields()
    for index in stride(from: 0, to: head.fields.count, by: 2)
    where !["expect", "connection"].contains(
      String(decoding: head.fields[index], as: UTF8.self).lowercased())
    {
      fields.append(name: head.fields[index], value: head.fields[index + 1])
    }
    var length: Int?
    if case .length(let count) = head.framing { length = count }
    do throws(ProtocolError) {
      try MessageEncoder.appendRequestHead(
        method: head.method, target: head.path + (head.query.map { "?\($0)" } ?? ""),
        authority: head.authority, fields: fields, contentLength: length, to: buffer)
    } catch {
      throw Finding("cannot be written: \(error), \(head)")
    }
    // What was written may be longer than what was read, never without a limit.
    var parser = RequestHeadParser(limits: HeadLimits(headBytes: 4_096, targetBytes: 1_024))
    guard let again = try? parser.parse(buffer.bytes) else {
      throw Finding("what we write is not what we read: \(buffer.text)")
    }
    try expect(
      again.method == head.method && again.path == head.path && again.query == head.query
        && again.authority == head.authority && again.byteCount == buffer.count,
      "written and read again it is another: \(buffer.text)")
    try expect(
      again.framing == (head.framing == .chunked ? .none : head.framing), "another framing")
  }

  private static func verdict(_ bytes: [UInt8], _ cuts: [Int]) -> HeadFeed.Verdict<Head> {
    var parser = RequestHeadParser(
      limits: HeadLimits(headBytes: 1_024, targetBytes: 256, fieldCount: 8))
    return HeadFeed.verdict(bytes, cuts, Head.init) { (bytes) throws(ProtocolError) in
      try parser.parse(bytes)
    }
  }
}
