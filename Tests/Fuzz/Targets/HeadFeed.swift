import HTTP

/// What a parser of heads makes of bytes that come in pieces: each time it is given all so far.
enum HeadFeed {
  enum Verdict<Head: Equatable>: Equatable {
    case incomplete
    case head(Head)
    case refused(ProtocolError)
  }

  static func verdict<Parsed, Head: Equatable>(
    _ bytes: [UInt8], _ cuts: [Int], _ read: (Parsed) -> Head,
    parse: (UnsafeRawBufferPointer) throws(ProtocolError) -> Parsed?
  ) -> Verdict<Head> {
    do throws(ProtocolError) {
      for end in cuts + [bytes.count] {
        // Exactly these bytes in memory of their own: a sanitizer sees who reads beyond them.
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: end, alignment: 1)
        defer { copy.deallocate() }
        copy.copyBytes(from: bytes[..<end])
        if let head = try parse(UnsafeRawBufferPointer(copy)) { return .head(read(head)) }
      }
      return .incomplete
    } catch {
      return .refused(error)
    }
  }

  /// Name and value, as text that can be compared.
  static func list(_ fields: Fields) -> [[UInt8]] {
    var list: [[UInt8]] = []
    fields.forEach {
      list.append(Array($0))
      list.append(Array($1))
    }
    return list
  }

  /// No field that was let through can end its line or begin another.
  static func checkFields(_ list: [[UInt8]]) throws(Finding) {
    for (index, part) in list.enumerated() {
      let isName = index.isMultiple(of: 2)
      try expect(!isName || !part.isEmpty, "a field without a name")
      try expect(
        part.allSatisfy { isName ? isTokenByte($0) : $0 == 9 || ($0 >= 32 && $0 != 127) },
        "a field holds what it may not: \(part)")
    }
  }

  static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }
}
