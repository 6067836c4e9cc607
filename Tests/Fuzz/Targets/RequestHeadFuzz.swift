import Bytes
import HTTP

/// Request heads: one verdict however they are cut, none before the head is whole, and what is read
/// means the same when it is written plainly.
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

  /// The same head written plainly means the same.
  private static func checkWriting(_ head: Head) throws(Finding) {
    guard head.method != "CONNECT", !head.authority.isEmpty else { return }
    let target = head.path + (head.query.map { "?\($0)" } ?? "")
    let buffer = ByteBuffer("\(head.method) \(target) HTTP/1.1\r\nHost: \(head.authority)\r\n")
    for index in stride(from: 0, to: head.fields.count, by: 2)
    where !["host", "connection", "expect", "content-length", "transfer-encoding"].contains(
      String(decoding: head.fields[index], as: UTF8.self).lowercased())
    {
      buffer.append(contentsOf: head.fields[index])
      buffer.append(": ")
      buffer.append(contentsOf: head.fields[index + 1])
      buffer.append("\r\n")
    }
    if case .length(let count) = head.framing {
      buffer.append("Content-Length: ")
      buffer.append(decimal: count)
      buffer.append("\r\n")
    }
    buffer.append("\r\n")
    // What was written may be longer than what was read, never without a limit.
    var parser = RequestHeadParser(limits: HeadLimits(headBytes: 4_096, targetBytes: 1_024))
    guard let again = try? parser.parse(buffer.bytes) else {
      throw Finding("written plainly it is refused: \(buffer.text)")
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
