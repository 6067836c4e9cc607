import Bytes
import HTTP
import Server
import Support
import Testing
import Transport

/// The source that a page will wait for longest is asked first.
@Suite struct AskingOrderTests {
  @Test(.timeLimit(.minutes(10)), arguments: ["alcamine", "anam", "athena"])
  func theSlowestSourceIsAskedFirst(slow: String) throws {
    let sources = try SourcesOnOneLoop(slow: slow)
    let gateway = try GatewayFixture.start { configuration in
      configuration.cache.ttl = .zero
      configuration.sources = try SourcesOnOneLoop.names.map {
        try GatewayFixture.source($0, at: "\(sources.baseURL)/\($0)", key: "key-of-\($0)")
      }
    }
    let client = GatewayClient(RunningServers(gateway, nil))
    try page(client, sources, count: 1)
    // On a busy machine requests on different connections may overtake each other, once in a while.
    for count in 2...6 where sources.asked.first != slow || count == 2 {
      try page(client, sources, count: Double(count))
    }
    #expect(sources.asked.first == slow)
    #expect(Set(sources.asked) == Set(SourcesOnOneLoop.names) && sources.asked.count == 3)
  }

  /// One page, for which the slow source answers after the gateway has the other answers: by its own
  /// count, which is this one then.
  private func page(_ client: GatewayClient, _ sources: SourcesOnOneLoop, count: Double) throws {
    sources.forget()
    let connection = try RawClient(port: client.port)
    try connection.send(
      "GET /v1/sessions HTTP/1.1\r\nHost: 127.0.0.1:\(client.port)\r\nConnection: close\r\n\r\n")
    for name in SourcesOnOneLoop.names where name != sources.slow {
      let calls = "sessions_gateway_upstream_calls_total"
      try GatewayFixture.wait {
        try Samples(client)[calls, "source=\"\(name)\"", "outcome=\"ok\""] ?? 0 >= count
      }
    }
    sources.release()
    #expect(try connection.answer()?.status == 200)
  }
}

/// Three sources without sessions, served by one loop, so that the order of what is asked is known. One
/// holds its answers back until it is told.
private final class SourcesOnOneLoop {
  static let names = ["alcamine", "anam", "athena"]

  let slow: String
  let baseURL: String
  private let servers: ServerGroup
  private let paths = Guarded<[String]>([])

  init(slow: String) throws {
    self.slow = slow
    let paths = paths
    servers = try ServerGroup(loops: 1, address: ListenAddress(port: 0)) { loop in
      let handler = Handler(slow: slow) { path in paths.withLock { $0.append(path) } }
      loop.attach(handler)
      return handler
    }
    baseURL = "http://127.0.0.1:\(servers.address.port)"
  }

  deinit { servers.stop() }

  /// Names of the sources in the order they were asked since the last `forget`.
  var asked: [String] {
    paths.withLock { $0 }.map { String($0.split(separator: "/").first ?? "") }
  }

  func forget() { paths.withLock { $0 = [] } }

  /// Has the slow source answer, once it has been asked.
  func release() {
    servers.loops[0].submit { $0.attached(Handler.self)?.release() }
  }

  private final class Handler: RequestHandler {
    private let slow: String
    private let note: (String) -> Void
    private var held: (any Responder)?
    private var isReleased = false

    init(slow: String, note: @escaping (String) -> Void) {
      self.slow = slow
      self.note = note
    }

    func handle(_ request: Request, _ responder: any Responder) {
      note(request.path)
      if request.path.hasPrefix("/\(slow)/"), !isReleased {
        held = responder
      } else {
        answer(request.path, responder)
      }
      isReleased = false
    }

    func release() {
      isReleased = held == nil
      if let held { answer("/\(slow)/", held) }
      held = nil
    }

    private func answer(_ path: String, _ responder: any Responder) {
      let body =
        if path.hasPrefix("/alcamine/") {
          "[]"
        } else if path.hasPrefix("/anam/") {
          """
          {"data":[],"meta":{"total":0,"lastPage":0,"currentPage":1,"perPage":52,"prev":null,\
          "next":null}}
          """
        } else {
          #"{"items":[],"total":0,"limit":52,"offset":0,"has_more":false,"next_offset":null}"#
        }
      responder.respond(
        Response(
          200, fields: Fields([("Content-Type", "application/json")]), body: ByteBuffer(body)))
    }
  }
}
