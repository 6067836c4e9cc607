import Bytes
import HTTP
import Transport

/// Puts answers on the wire: head and body in one call and, when the kernel has no room for all of
/// it, the rest as there is room again. It holds memory only for such a rest.
struct AnswerWriter {
  enum Outcome { case sent, pending, failed }

  private var rest: Rest?

  /// What the kernel has not taken yet.
  private final class Rest {
    let head: ByteBuffer
    let body: ByteBuffer?
    /// Of both together.
    var sent: Int

    init(head: ByteBuffer, body: ByteBuffer?, sent: Int) {
      self.head = head
      self.body = body
      self.sent = sent
    }
  }

  /// - Parameter closes: the answer says that the connection closes; set when it must, because the
  ///   handler's answer could not be written and 500 goes out in its place.
  mutating func write(
    _ response: Response, isHead: Bool, minorVersion: Int, closes: inout Bool,
    to stream: ByteStream, of server: Server
  ) -> Outcome {
    let head = server.headScratch
    head.truncate(to: 0)
    var response = response
    do {
      try Self.append(response, minorVersion, closes, server.dateBytes(), to: head)
    } catch {
      closes = true
      response = Response(500, body: ByteBuffer("500 Internal Server Error\n"))
      do {
        try Self.append(response, minorVersion, closes, server.dateBytes(), to: head)
      } catch {
        return .failed
      }
    }
    let body = isHead || response.status.hasNoBody ? nil : response.body
    let outcome = body.map { stream.write(head.bytes, $0.bytes) } ?? stream.write(head.bytes)
    switch outcome {
    case .bytes(head.count + (body?.count ?? 0)): return .sent
    case .bytes(let count): keep(head, body, sent: count)
    case .wouldBlock: keep(head, body, sent: 0)
    case .failed: return .failed
    }
    return .pending
  }

  /// Goes on with what is left.
  mutating func flush(to stream: ByteStream) -> Outcome {
    while let rest {
      let fromHead = min(rest.sent, rest.head.count)
      let first = UnsafeRawBufferPointer(rebasing: rest.head.bytes[fromHead...])
      let fromBody = rest.sent - fromHead
      let outcome =
        rest.body.map {
          stream.write(first, UnsafeRawBufferPointer(rebasing: $0.bytes[fromBody...]))
        } ?? stream.write(first)
      switch outcome {
      case .bytes(let count): rest.sent += count
      case .wouldBlock: return .pending
      case .failed: return .failed
      }
      if rest.sent == rest.head.count + (rest.body?.count ?? 0) { self.rest = nil }
    }
    return .sent
  }

  /// What the rest keeps in memory, until the last of it is sent.
  var heldBytes: Int { rest.map { $0.head.count + ($0.body?.count ?? 0) } ?? 0 }

  /// Bytes of the pending answer that the client's side has taken. What the kernel has taken from
  /// us says little: it takes megabytes at once, and no more until much of that has gone.
  func acknowledgedBytes(_ stream: ByteStream) -> Int {
    (rest?.sent ?? 0) - stream.unacknowledgedBytes
  }

  /// The head lies in the loop's scratch buffer and is copied; the body is the answer's own.
  private mutating func keep(_ head: ByteBuffer, _ body: ByteBuffer?, sent: Int) {
    rest = Rest(head: ByteBuffer(head.bytes), body: body, sent: sent)
  }

  private static func append(
    _ response: Response, _ minorVersion: Int, _ closes: Bool, _ date: UnsafeRawBufferPointer,
    to buffer: ByteBuffer
  ) throws(ProtocolError) {
    var connection: StaticString?
    if closes {
      connection = "close"
    } else if minorVersion == 0 {
      connection = "keep-alive"
    }
    try MessageEncoder.appendResponseHead(
      response.status, response.fields, date: date,
      contentLength: response.status.hasNoBody ? nil : response.body?.count ?? 0,
      connection: connection, to: buffer)
  }
}
