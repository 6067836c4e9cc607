import Bytes
import HTTP
import Support

/// Feeds `text` in the pieces that end at `cuts` and gives the verdict: what a parser is given
/// is always all that has come so far.
func requestVerdict(_ text: String, cuts: [Int] = []) -> Result<RequestHead?, ProtocolError> {
  var parser = RequestHeadParser(
    limits: HeadLimits(headBytes: 1024, targetBytes: 256, fieldCount: 8))
  return verdict(Array(text.utf8), cuts) { (bytes) throws(ProtocolError) in try parser.parse(bytes)
  }
}

func responseVerdict(
  _ text: String, answersHead: Bool = false, cuts: [Int] = []
) -> Result<ResponseHead?, ProtocolError> {
  var parser = ResponseHeadParser(
    answersHead: answersHead, limits: HeadLimits(headBytes: 1024, fieldCount: 8))
  return verdict(Array(text.utf8), cuts) { (bytes) throws(ProtocolError) in try parser.parse(bytes)
  }
}

private func verdict<Head>(
  _ bytes: [UInt8], _ cuts: [Int],
  _ parse: (UnsafeRawBufferPointer) throws(ProtocolError) -> Head?
) -> Result<Head?, ProtocolError> {
  do throws(ProtocolError) {
    for end in cuts + [bytes.count] {
      // A copy of exactly these bytes, so that reading beyond them is an error that sanitizers see.
      let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: end, alignment: 1)
      defer { copy.deallocate() }
      copy.copyBytes(from: bytes[..<end])
      if let head = try parse(UnsafeRawBufferPointer(copy)) { return .success(head) }
    }
    return .success(nil)
  } catch {
    return .failure(error)
  }
}

func requestStatus(_ text: String) -> Int? {
  if case .failure(let error) = requestVerdict(text) { return error.status.rawValue }
  return nil
}

func requestHead(_ text: String) throws -> RequestHead? { try requestVerdict(text).get() }

struct ChunkedVerdict: Equatable {
  var body = ""
  var consumed = 0
  var finished = false
  var error: Int?
}

/// Decodes `text` in the pieces that end at `cuts`. The body counts only without an error: how much
/// of it came before one depends on the pieces.
func chunkedVerdict(_ text: String, limit: Int = 64, cuts: [Int] = []) -> ChunkedVerdict {
  let bytes = Array(text.utf8)
  var decoder = ChunkedDecoder(limit: limit)
  let body = ByteBuffer()
  var verdict = ChunkedVerdict()
  var start = 0
  for end in cuts + [bytes.count] {
    do throws(ProtocolError) {
      let piece = ByteBuffer(bytes[start..<end])
      verdict.consumed += try decoder.decode(piece.bytes, into: body)
    } catch {
      return ChunkedVerdict(error: error.status.rawValue)
    }
    start = end
  }
  verdict.body = body.text
  verdict.finished = decoder.isFinished
  return verdict
}
