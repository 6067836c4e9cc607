import Bytes
import HTTP
import Transport

/// One request on its way: made by a call, carried by a connection, ended once. It knows what a usable
/// answer is (status, type, coding, size) and collects its body; it does not know how bytes are framed.
final class Exchange {
  enum Outcome {
    case answered(Answer)
    case failed(Fault)
  }

  struct Answer {
    var status: Int
    /// Of a 200; nil for any other status, whose body is never looked at.
    var body: ByteBuffer?
    /// Of any status but 200.
    var retryAfter: Duration?
    var advice: RateLimitAdvice?
  }

  struct Fault: Error {
    var code: UpstreamFailure.Code
    var message: String
    /// What the source did with the request, which says whether it may be sent again.
    var trace = Trace.received

    enum Trace {
      /// It was never read: a connection that had been closed, a stream that was refused.
      case neverProcessed
      /// The connection was lost before the answer was complete.
      case lost
      case received
    }

    static let endedWithinAnswer = Fault(
      code: .protocol, message: "the connection ended within the answer", trace: .lost)
    static let refused = Fault(
      code: .connect, message: "the source takes no more requests on this connection",
      trace: .neverProcessed)
  }

  enum Stage: String {
    case waiting = "waiting for a connection"
    case sent = "waiting for the answer"
    case reading = "reading the answer"
  }

  enum BodyUse {
    case collect
    case ignore
  }

  /// Path and query, behind the origin's prefix.
  let target: String
  let fields: Fields
  private(set) var stage = Stage.waiting
  /// The connection that has it; told when the exchange is given up.
  private(set) weak var carrier: (any ExchangeCarrier)?
  private(set) var body = ByteBuffer(capacity: 64)
  private(set) var inflater: GzipInflater?
  private let limit: Int
  private let expected: Int
  private var received = 0
  private var answer = Answer(status: 0)
  private var completion: ((Outcome) -> Void)?

  /// - Parameters:
  ///   - limit: bytes of the body at most.
  ///   - expected: about how many it will be, where the answer does not say: a body that grows
  ///     is copied each time.
  init(
    target: String, fields: Fields, limit: Int, expected: Int,
    completion: @escaping (Outcome) -> Void
  ) {
    self.target = target
    self.fields = fields
    self.limit = limit
    self.expected = min(expected, limit)
    self.completion = completion
  }

  func carried(by carrier: any ExchangeCarrier) {
    self.carrier = carrier
    stage = .sent
  }

  /// The owner wants no answer any more.
  func giveUp() {
    completion = nil
    carrier?.abandon(self)
  }

  // MARK: For connections

  /// The head has arrived. What is left of the body is collected only for a 200.
  func begin(status: Int, fields: Fields, contentLength: Int?) throws(Fault) -> BodyUse {
    stage = .reading
    answer.status = status
    answer.advice = RateLimitAdvice(fields)
    guard status == 200 else {
      answer.retryAfter = fields["retry-after"].flatMap {
        RetryAfter.delay($0, wallSeconds: WallClock.millisecondsSince1970() / 1000)
      }
      return .ignore
    }
    if let type = fields["content-type"], !Self.isJSON(type) {
      throw Fault(code: .badPayload, message: "the answer is not JSON by its content type")
    }
    switch fields["content-encoding"]?.lowercased() {
    case nil, "", "identity": break
    case "gzip", "x-gzip": inflater = GzipInflater()
    default:
      throw Fault(code: .badPayload, message: "the answer has a content coding not asked for")
    }
    if let contentLength, contentLength > limit { throw tooLarge() }
    let length = inflater == nil ? contentLength : nil
    // Room for what must not follow, so that one read both ends the body and shows that.
    body = ByteBuffer(capacity: length.map { $0 + Self.spare } ?? expected + Self.unframed)
    return .collect
  }

  private static let spare = 64
  /// For the framing of the last piece, and for a body a little longer than expected.
  private static let unframed = 32 * 1024

  /// A piece of the body, its framing taken off.
  func append(_ bytes: UnsafeRawBufferPointer) throws(Fault) {
    received += bytes.count
    guard received <= limit else { throw tooLarge() }
    guard let inflater else { return body.append(bytes) }
    do throws(GzipInflater.Fault) {
      try inflater.inflate(bytes, into: body, limit: limit)
    } catch {
      throw fault(error)
    }
  }

  /// For a connection that has put bytes into `body` itself.
  func checkSize() throws(Fault) {
    guard body.count <= limit else { throw tooLarge() }
  }

  /// The body is complete, or of no interest.
  func end() {
    do throws(GzipInflater.Fault) {
      try inflater?.finish()
    } catch {
      return fail(fault(error))
    }
    if answer.status == 200 {
      // It may be kept for a while.
      if body.capacity > 2 * (body.count + Self.unframed) { body = ByteBuffer(body.bytes) }
      answer.body = body
    }
    finish(.answered(answer))
  }

  func fail(_ fault: Fault) { finish(.failed(fault)) }

  private func finish(_ outcome: Outcome) {
    let completion = completion
    self.completion = nil
    carrier = nil
    completion?(outcome)
  }

  private func tooLarge() -> Fault {
    Fault(code: .badPayload, message: "the answer is larger than \(limit) bytes")
  }

  private func fault(_ fault: GzipInflater.Fault) -> Fault {
    switch fault {
    case .tooLarge: tooLarge()
    case .broken: Fault(code: .badPayload, message: "the answer is not valid gzip")
    }
  }

  /// `application/json`, or any type with the suffix `+json` (RFC 6839, 3.1).
  static func isJSON(_ contentType: String) -> Bool {
    var essence = contentType.utf8.prefix { $0 != UInt8(ascii: ";") }
    while let last = essence.last, last == UInt8(ascii: " ") || last == UInt8(ascii: "\t") {
      essence.removeLast()
    }
    func ends(with word: StaticString) -> Bool {
      let word = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
      // Of what a field may hold, nothing else is a letter's other case, nor "/" or "+".
      return essence.suffix(word.count).elementsEqual(word) { $0 | 0x20 == $1 }
    }
    return essence.count == 16 && ends(with: "application/json")
      || ends(with: "+json") && essence.contains(UInt8(ascii: "/"))
  }
}

/// A connection that carries exchanges.
protocol ExchangeCarrier: AnyObject {
  /// The exchange's owner has given it up; its completion is not called any more.
  func abandon(_ exchange: Exchange)
}
