import Bytes
import HTTP

/// Chunked bodies: one verdict however they are cut, the same as the grammar's read by hand.
package enum ChunkedBodyFuzz {
  /// Of the body: short, so that inputs reach it.
  package static let limit = 300

  static func check(_ bytes: [UInt8]) throws(Finding) {
    let whole = decoded(bytes, [])
    for cuts in cuts(bytes) {
      let found = decoded(bytes, cuts)
      try expect(found == whole, "cut at \(cuts.count) places: \(found), whole: \(whole)")
    }
    let slow = ChunkedOracle.read(bytes, limit: limit)
    try expect(whole == slow, "we say \(whole), the grammar \(slow)")

    let body = Array(bytes.prefix(limit))
    let again = decoded(encoded(body), [])
    try expect(
      again == .complete(body: body, consumed: encoded(body).count), "a round trip: \(again)")
  }

  /// The verdict on `bytes` given in the pieces that end at `cuts`.
  package static func decoded(
    _ bytes: [UInt8], _ cuts: [Int], limit: Int = limit
  ) -> ChunkedOracle.Verdict {
    var decoder = ChunkedDecoder(limit: limit)
    let body = ByteBuffer()
    var consumed = 0
    var start = 0
    for end in cuts + [bytes.count] {
      let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: end - start, alignment: 1)
      defer { piece.deallocate() }
      piece.copyBytes(from: bytes[start..<end])
      do throws(ProtocolError) {
        let taken = try decoder.decode(UnsafeRawBufferPointer(piece), into: body)
        consumed += taken
        // Whoever is done takes no more.
        if decoder.isFinished { break }
        if taken < end - start { return .stuck }
      } catch {
        return .refused(error.status.rawValue)
      }
      start = end
    }
    return decoder.isFinished
      ? .complete(body: Array(body.bytes), consumed: consumed) : .incomplete
  }

  private static func encoded(_ body: [UInt8]) -> [UInt8] {
    let half = body.count / 2
    var text: [UInt8] = []
    for part in [body[..<half], body[half...]] where !part.isEmpty {
      text += Array(String(part.count, radix: 16).utf8) + [0x0D, 0x0A] + part + [0x0D, 0x0A]
    }
    return text + Array("0\r\n\r\n".utf8)
  }
}
