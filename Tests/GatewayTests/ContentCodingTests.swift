import CZlib
import Foundation
import Simulator
import Testing

/// Answers as gzip, and as they are (RFC 9110, 12.5.3).
@Suite struct ContentCodingTests {
  static let packed = [
    "gzip", "x-gzip", "GZIP", "*", "gzip, deflate, br, zstd", "gzip;q=0.001", "gzip;q=0.5",
    "br;q=1.0, gzip;q=0.8, *;q=0.1", "gzip, identity", "gzip;q=0.5, identity;q=0.5",
    "identity;q=0, gzip", "*;q=0, gzip", "identity;q=0, *", "deflate, gzip ; q=0.3", "*;q=0.2",
  ]
  static let plain = [
    "", "identity", "deflate", "br", "gzip;q=0", "gzip;q=0.0, identity", "*;q=0.5, identity;q=0.8",
    "gzip;q=0.5, identity", "gzip;q=0.5, identity;q=0.6", "*, gzip;q=0", "gzip;q=0.1, *",
    "deflate;q=0.5", "gzip2",
  ]

  @Test(arguments: packed)
  func gzipIsGivenWhereItIsWantedMost(accepted: String) throws {
    let fixture = try GatewayFixture(sessions: 20)
    let plain = try fixture.client.get("/v1/sessions?limit=20&format=ndjson")
    let answer = try fixture.client.get(
      "/v1/sessions?limit=20&format=ndjson", ["Accept-Encoding": accepted])
    #expect(answer.status == 200)
    #expect(answer["Content-Encoding"] == "gzip")
    #expect(answer["ETag"] == plain["ETag"])
    #expect(answer["Content-Type"] == plain["Content-Type"])
    #expect(answer.bytes.count < plain.bytes.count / 2)
    #expect(try unpacked(answer.bytes) == plain.bytes)
  }

  @Test(arguments: plain)
  func noCodingIsGivenWhereItIsWantedMore(accepted: String) throws {
    let fixture = try GatewayFixture(sessions: 20)
    let answer = try fixture.client.get(
      "/v1/sessions?limit=20", ["Accept-Encoding": accepted])
    #expect(answer.status == 200)
    #expect(answer["Content-Encoding"] == nil)
    #expect(try answer.object()["data"] != nil)
  }

  @Test(arguments: ["identity;q=0", "*;q=0", "gzip;q=0, *;q=0", "identity;q=0, br", "br, *;q=0"])
  func neitherCodingIsRefusedBeforeAnySourceIsAsked(accepted: String) throws {
    let fixture = try GatewayFixture(sessions: 5)
    for target in ["/v1/sessions", "/v1/sources", "/healthz"] {
      let answer = try fixture.client.get(target, ["Accept-Encoding": accepted])
      try answer.expectProblem(406, "not-acceptable")
      #expect(answer["Content-Encoding"] == nil)
    }
    #expect(fixture.requestCount == 0)
  }

  @Test func everyFormatAndSeveralAnswersOfOneLoopUnpackToTheSame() throws {
    let fixture = try GatewayFixture(sessions: 200)
    for format in ["json", "ndjson", "csv"] {
      for limit in [500, 3, 120, 7] {
        let target = "/v1/sessions?limit=\(limit)&format=\(format)&fields=title,agent,createdAt"
        let plain = try fixture.client.get(target)
        let answer = try fixture.client.get(target, ["Accept-Encoding": "gzip"])
        guard plain.bytes.count >= 1_024 else { continue }
        // What a page cost is in the JSON, and the second is from the store.
        let bytes = try unpacked(answer.bytes)
        if format == "json" {
          let object = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
          #expect(Page(object ?? [:]).ids == Page(try plain.object()).ids)
        } else {
          #expect(bytes == plain.bytes, "\(format) \(limit)")
        }
      }
    }
  }

  @Test func smallAnswersStayAsTheyAreUnlessThatIsExcluded() throws {
    let fixture = try GatewayFixture(sessions: 5)
    let gzip = ["Accept-Encoding": "gzip"]
    for target in [
      "/healthz", "/v1/nothing", "/v1/sessions?limit=0",
      "/v1/sessions?fields=id&limit=1&format=csv",
    ] {
      let answer = try fixture.client.get(target, gzip)
      #expect(answer["Content-Encoding"] == nil, "\(target)")
      #expect(answer.bytes.count < 1_024)
    }
    let answer = try fixture.client.get("/healthz", ["Accept-Encoding": "gzip, identity;q=0"])
    #expect(answer["Content-Encoding"] == "gzip")
    #expect(String(decoding: try unpacked(answer.bytes), as: UTF8.self) == "{\"status\":\"ok\"}\n")
  }

  @Test func headHasTheFieldsOfThePackedAnswer() throws {
    let fixture = try GatewayFixture(sessions: 20)
    let target = "/v1/sessions?limit=20&format=csv"
    let get = try fixture.client.get(target, ["Accept-Encoding": "gzip"])
    let head = try fixture.client.ask("HEAD", target, ["Accept-Encoding": "gzip"])
    for name in ["Content-Encoding", "Content-Length", "Content-Type", "ETag", "Vary"] {
      #expect(head[name] == get[name], "\(name)")
    }
    #expect(head["Content-Encoding"] == "gzip")
    #expect(head.body.isEmpty)
  }

  @Test func aTagHoldsForBothCodings() throws {
    let fixture = try GatewayFixture(sessions: 20)
    let tag = try #require(try fixture.client.get("/v1/sessions?limit=20")["ETag"])
    let answer = try fixture.client.get(
      "/v1/sessions?limit=20", ["Accept-Encoding": "gzip", "If-None-Match": tag])
    #expect(answer.status == 304)
    #expect(answer["ETag"] == tag)
    #expect(answer["Content-Encoding"] == nil)
    #expect(answer["Vary"]?.contains("Accept-Encoding") == true)
  }

  @Test func everyAnswerSaysThatItDependsOnTheCoding() throws {
    let fixture = try GatewayFixture(sessions: 5) { _ in
    } configure: {
      $0.corsOrigins = [ServiceEndpointTests.origin]
    }
    let id = try #require(fixture.ids(.anam).first)
    for target in AnswerHeaderTests.targets + ["/v1/sessions/anam:\(id)"] {
      let vary = try fixture.client.get(target)["Vary"] ?? ""
      for name in ["Accept-Encoding", "Authorization", "Origin"] {
        #expect(vary.contains(name), "\(target): \(vary)")
      }
    }
  }

  @Test func formatsOfAnEmptyPageHaveTagsOfTheirOwn() throws {
    let fixture = try GatewayFixture(sessions: 0)
    let tags = try ["json", "ndjson", "csv"].map {
      try #require(try fixture.client.get("/v1/sessions?format=\($0)")["ETag"])
    }
    #expect(Set(tags).count == 3)
    for (format, tag) in zip(["json", "ndjson", "csv"], tags) {
      let target = "/v1/sessions?format=\(format)"
      #expect(try fixture.client.get(target, ["If-None-Match": tag]).status == 304)
      let others = tags.filter { $0 != tag }.joined(separator: ", ")
      #expect(try fixture.client.get(target, ["If-None-Match": others]).status == 200)
    }
  }

  /// gzip, and nothing behind it.
  private func unpacked(_ bytes: [UInt8]) throws -> [UInt8] {
    var stream = z_stream()
    try #require(czlib_inflate_init(&stream, 15 + 16) == Z_OK)
    defer { inflateEnd(&stream) }
    var (input, output) = (bytes, [UInt8](repeating: 0, count: 4 << 20))
    let status = input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(output.count)
        return inflate(&stream, Z_FINISH)
      }
    }
    try #require(status == Z_STREAM_END)
    #expect(stream.avail_in == 0)
    return Array(output[..<Int(stream.total_out)])
  }
}
