import Bytes
import Gateway
import HTTP
import JSON
import Providers
import Sessions

/// One piece of the serving path with its input at hand.
struct Workload {
  let name: String
  /// Bytes read or written a round; 0 where that says nothing.
  var bytes = 0
  let round: () throws -> Void

  /// From the scanner to the cursor, in the order that a page goes through them.
  static func all() throws -> [Workload] {
    let answers = try ProviderCatalog.all.map(SampleAnswer.init)
    return [requestHead(), responseHead(), parameters(), scan(answers)]
      + answers.map(mapping) + [try merge(answers), try encode(answers), try cursor()]
  }

  private static func requestHead() -> Workload {
    let head = bytes(
      """
      GET /v1/sessions?limit=50&status=active HTTP/1.1\r
      Host: gateway.example.com\r
      User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r
      Accept: application/json, text/plain;q=0.8\r
      Accept-Encoding: identity\r
      Accept-Language: en-GB,en;q=0.5\r
      Authorization: Bearer 0123456789abcdef0123456789abcdef\r
      Connection: keep-alive\r
      \r

      """)
    return Workload(name: "request-head", bytes: head.count) {
      var parser = RequestHeadParser()
      try check(try parser.parse(head.bytes) != nil)
    }
  }

  private static func responseHead() -> Workload {
    let head = bytes(
      """
      HTTP/1.1 200 OK\r
      Date: Fri, 20 Nov 2026 12:00:00 GMT\r
      Content-Type: application/json; charset=utf-8\r
      Content-Length: 248711\r
      Connection: keep-alive\r
      Strict-Transport-Security: max-age=31536000; includeSubDomains\r
      X-RateLimit-Limit: 600\r
      X-RateLimit-Remaining: 599\r
      ETag: W/"5a32-5gS1FTKfU3yLH8EtuHnYtA"\r
      Vary: Accept-Encoding\r
      \r

      """)
    return Workload(name: "response-head", bytes: head.count) {
      var parser = ResponseHeadParser()
      try check(try parser.parse(head.bytes) != nil)
    }
  }

  private static func parameters() -> Workload {
    let sources = ProviderCatalog.all.map(\.name)
    return Workload(name: "parameters") {
      let pairs = try Query.decode("limit=50&status=active,completed&sort=-createdAt")
      let read = try ListParameters(pairs, sources: sources, providers: ProviderCatalog.all)
      try check(read.limit == 50)
    }
  }

  /// Steps over whole answers and checks them: the one wanted member is in none of them.
  private static func scan(_ answers: [SampleAnswer]) -> Workload {
    let projection = JSONProjection(list: "absent", item: ["absent"])
    return Workload(name: "scan", bytes: answers.reduce(0) { $0 + $1.body.count }) {
      for answer in answers {
        try check(try projection.readList(answer.body.bytes).rowCount == 0)
      }
    }
  }

  /// From an answer's bytes to a window of sessions.
  private static func mapping(_ answer: SampleAnswer) -> Workload {
    Workload(name: "map-\(answer.provider.name)", bytes: answer.body.count) {
      try check(try answer.window().sessions.count == SampleAnswer.request.count)
    }
  }

  /// Three windows into one page.
  private static func merge(_ answers: [SampleAnswer]) throws -> Workload {
    let windows = try answers.map { ($0.provider, try $0.window()) }
    return Workload(name: "merge") {
      try check(try SamplePage(windows).rows.count == SamplePage.limit)
    }
  }

  /// A page's sessions as JSON.
  private static func encode(_ answers: [SampleAnswer]) throws -> Workload {
    let page = try SamplePage(answers)
    let writers = answers.map {
      SessionWriter(
        SessionRendering(source: $0.provider.name, provider: $0.provider), includesRaw: false,
        showsContact: true)
    }
    let buffer = ByteBuffer(capacity: 65_536)
    func write() {
      buffer.truncate(to: 0)
      for (source, row) in page.rows {
        writers[source].write(row.session, of: row.window, to: buffer)
      }
    }
    write()
    return Workload(name: "encode", bytes: buffer.count) { write() }
  }

  /// Signed, and read again.
  private static func cursor() throws -> Workload {
    let signer = CursorSigner(secrets: [Array(0..<32)], lifetime: .seconds(3_600))
    let now = Timestamp(milliseconds: 1_795_176_000_000)
    let id = Array("0198c0de-7a31-7c1b-9a55-0123456789ab".utf8)
    let sources = ProviderCatalog.all.map { provider in
      var position = SourcePosition(startingAt: now.milliseconds)
      position.afterID = BoundaryID(bytes: id, hash: nil)
      return Cursor.Source(name: provider.name, position: position)
    }
    let cursor = Cursor(query: 7, startedAt: now, issuedAt: now, sources: sources)
    return Workload(name: "cursor") {
      try check(try signer.cursor(signer.text(cursor), query: 7, now: now) == cursor)
    }
  }

  private static func bytes(_ text: String) -> ByteBuffer {
    let buffer = ByteBuffer()
    buffer.append(text)
    return buffer
  }
}

/// A workload did not do its work: its figure would mean nothing.
struct WrongResult: Error {}

func check(_ condition: Bool) throws {
  guard condition else { throw WrongResult() }
}
