import Bytes
import HTTP

/// Reads one request, head and body, from bytes that arrive in any pieces. Made when a request's
/// first byte is there and dropped with its last, so that an idle connection holds none.
final class RequestReader {
  enum Progress { case head, body, complete }

  private(set) var progress = Progress.head
  private(set) var head: RequestHead?
  private(set) var body: ByteBuffer?
  /// Bytes of the body that have come, its coding included: what the data rate is measured by.
  private(set) var bodyBytesRead = 0
  private let bodyLimit: Int
  private var parser: RequestHeadParser
  private var decoder: ChunkedDecoder?
  private var remaining = 0

  init(_ configuration: ServerConfiguration) {
    parser = RequestHeadParser(limits: configuration.headLimits)
    bodyLimit = configuration.bodyBytes
  }

  /// Takes what belongs to this request and returns how many bytes that was. While the head is
  /// incomplete it takes none: it wants them again, with more.
  func read(_ bytes: UnsafeRawBufferPointer) throws(ProtocolError) -> Int {
    var used = 0
    if progress == .head {
      guard let parsed = try parser.parse(bytes) else { return 0 }
      head = parsed
      used = parsed.byteCount
      try beginBody(parsed)
    }
    if progress == .body, used < bytes.count {
      let taken = try readBody(UnsafeRawBufferPointer(rebasing: bytes[used...]))
      bodyBytesRead += taken
      used += taken
    }
    return used
  }

  private func beginBody(_ head: RequestHead) throws(ProtocolError) {
    switch head.framing {
    case .none, .untilClose:
      progress = .complete
      return
    case .length(let length):
      guard length <= bodyLimit else { throw ProtocolError(413, "the body is too large") }
      remaining = length
    case .chunked:
      decoder = ChunkedDecoder(limit: bodyLimit)
    }
    // With an expectation a final status may come before the body (RFC 9110, 10.1.1).
    if head.expectsContinue, !head.hasKnownMethod {
      throw ProtocolError(501, "the method is not known")
    }
    progress = .body
    // Grows as bytes come: an announced length is no reason to reserve it.
    body = ByteBuffer(capacity: min(max(remaining, 256), 4096))
  }

  private func readBody(_ bytes: UnsafeRawBufferPointer) throws(ProtocolError) -> Int {
    guard let body else { return 0 }
    if var decoding = decoder {
      decoder = nil
      let taken = try decoding.decode(bytes, into: body)
      if decoding.isFinished { progress = .complete }
      decoder = decoding
      return taken
    }
    let taken = min(remaining, bytes.count)
    body.append(UnsafeRawBufferPointer(rebasing: bytes[..<taken]))
    remaining -= taken
    if remaining == 0 { progress = .complete }
    return taken
  }
}
