import HTTP

/// Response heads: one verdict however they are cut, none before the head is whole, and the same
/// reading as a slow one line by line.
enum ResponseHeadFuzz {
  private struct Head: Equatable {
    var status: Int
    var minorVersion: Int
    var framing: BodyFraming
    var keepsAlive: Bool
    var byteCount: Int
    var fields: [[UInt8]]

    init(_ head: ResponseHead) {
      status = head.status.rawValue
      minorVersion = head.minorVersion
      framing = head.framing
      keepsAlive = head.keepsAlive
      byteCount = head.byteCount
      fields = HeadFeed.list(head.fields)
    }
  }

  static func check(_ bytes: [UInt8]) throws(Finding) {
    for answersHead in [false, true] {
      let whole = verdict(bytes, [], answersHead)
      for cuts in cuts(bytes) {
        let found = verdict(bytes, cuts, answersHead)
        try expect(found == whole, "cut at \(cuts.count) places: \(found), whole: \(whole)")
      }
      guard case .head(let head) = whole else { continue }
      try expect(head.byteCount <= bytes.count, "longer than what came")
      try expect(
        verdict(Array(bytes[..<head.byteCount]), [], answersHead) == whole,
        "what follows a head changes it")
      try expect(
        verdict(Array(bytes[..<(head.byteCount - 1)]), [], answersHead) == .incomplete,
        "a verdict too early")
      try HeadFeed.checkFields(head.fields)
      try expect(100..<600 ~= head.status, "status \(head.status)")
      let isBodiless = answersHead || head.status < 200 || [204, 304].contains(head.status)
      try expect(!isBodiless || head.framing == .none, "a body where there is none")
      try expect(!(head.framing == .untilClose && head.keepsAlive), "nothing ends the body")
      try expect(
        slowFraming(head, isBodiless) == head.framing, "framed as \(head.framing): \(head.fields)")
    }
  }

  /// RFC 9112, 6.3, for a head that was accepted.
  private static func slowFraming(_ head: Head, _ isBodiless: Bool) -> BodyFraming? {
    if isBodiless { return BodyFraming.none }
    var values: [String: [String]] = [:]
    for index in stride(from: 0, to: head.fields.count, by: 2) {
      let name = String(decoding: head.fields[index], as: UTF8.self).lowercased()
      values[name, default: []].append(String(decoding: head.fields[index + 1], as: UTF8.self))
    }
    let lengths = values["content-length"] ?? []
    let codings = values["transfer-encoding"] ?? []
    if !codings.isEmpty {
      let isOnly = codings.count == 1 && lengths.isEmpty && codings[0].lowercased() == "chunked"
      return isOnly ? .chunked : nil
    }
    guard let length = lengths.first else { return .untilClose }
    guard lengths.count == 1, !length.isEmpty, length.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) else {
      return nil
    }
    let number = Int(length) ?? .max
    return number == 0 ? BodyFraming.none : .length(number)
  }

  private static func verdict(
    _ bytes: [UInt8], _ cuts: [Int], _ answersHead: Bool
  ) -> HeadFeed.Verdict<Head> {
    var parser = ResponseHeadParser(
      answersHead: answersHead, limits: HeadLimits(headBytes: 1_024, fieldCount: 8))
    return HeadFeed.verdict(bytes, cuts, Head.init) { (bytes) throws(ProtocolError) in
      try parser.parse(bytes)
    }
  }
}
