import HTTP
import Testing

@testable import Simulator

/// From the page "list sessions" of Anam.
struct AnamAPITests {
  private let client = ServiceClient(.anam, .still(sessions: 205))

  private func meta(_ target: String) throws -> [String: Int?] {
    let meta = try #require(try client.object(target)["meta"] as? [String: Any])
    return meta.mapValues { $0 as? Int }
  }

  @Test func `the default page is the ten newest with their meta`() throws {
    #expect(try client.ids("/v1/sessions") == client.service.rows().prefix(10).map(\.id))
    #expect(
      try meta("/v1/sessions") == [
        "total": 205, "lastPage": 21, "currentPage": 1, "perPage": 10, "prev": nil, "next": 2,
      ])
  }

  @Test func `pages follow each other to the last one and beyond`() throws {
    let all = client.service.rows().map(\.id)
    #expect(try client.ids("/v1/sessions?page=2&perPage=100") == Array(all[100..<200]))
    #expect(try client.ids("/v1/sessions?page=3&perPage=100") == Array(all[200...]))
    #expect(try client.ids("/v1/sessions?page=4&perPage=100") == [])
    #expect(
      try meta("/v1/sessions?page=3&perPage=100") == [
        "total": 205, "lastPage": 3, "currentPage": 3, "perPage": 100, "prev": 2, "next": nil,
      ])
    #expect(
      try meta("/v1/sessions?page=9&perPage=100") == [
        "total": 205, "lastPage": 3, "currentPage": 9, "perPage": 100, "prev": 8, "next": nil,
      ])
  }

  @Test(arguments: [
    "page=0", "page=-1", "page=x", "perPage=0", "perPage=101", "perPage=1.5", "apiKeyId=7",
    "personaId=not-a-uuid", "personaId=00000000-0000-0000-0000-00000000000g",
  ])
  func `a bad parameter is a 400 that names it`(query: String) throws {
    let answer = try client.object("/v1/sessions?\(query)", status: 400)
    let name = String(query.prefix { $0 != "=" })
    #expect((answer["message"] as? String)?.hasPrefix("\(name) must be") == true)
  }

  @Test func `apiKeyId and personaId filter exactly, and the total follows`() throws {
    let rows = try client.rows("/v1/sessions?perPage=100&page=1")
    for name in ["apiKeyId", "personaId"] {
      let id = try #require(rows.compactMap { $0[name] as? String }.first)
      let expected = (1...3).flatMap { page in
        (try? client.rows("/v1/sessions?perPage=100&page=\(page)")) ?? []
      }.filter { $0[name] as? String == id }.map { $0["id"] as? String }
      let target = "/v1/sessions?perPage=100&\(name)=\(id.uppercased())"
      #expect(try client.ids(target) == expected.prefix(100).map { $0 })
      #expect(try meta(target)["total"] == expected.count)
      #expect(expected.count > 5 && expected.count < 205)
    }
    let unknown = "/v1/sessions?personaId=00000000-0000-4000-8000-000000000000"
    #expect(try client.ids(unknown) == [])
    #expect(try meta(unknown)["lastPage"] == 0)
  }

  @Test func `search finds ids and labels without case`() throws {
    let row = try #require(
      try client.rows("/v1/sessions?perPage=100").first {
        $0["clientLabel"] as? String == "web-sdk"
      })
    let id = try #require(row["id"] as? String)
    #expect(try client.ids("/v1/sessions?search=\(id)") == [id])
    let found = try client.rows("/v1/sessions?perPage=100&search=WEB-sdk")
    #expect(found.contains { $0["id"] as? String == id })
    #expect(found.allSatisfy { ($0["clientLabel"] as? String)?.contains("web-sdk") == true })
  }

  @Test func `a row has the members of the page's example, in its forms`() throws {
    let example = """
      id personaId clientLabel startTime endTime sessionLengthMs exitStatus engineHost \
      engineProtocol engineVersion clientMetadata personaConfig apiKeyId organizationId createdAt \
      updatedAt
      """.split(separator: " ").map(String.init)
    let configuration = """
      type name metadata llmConfig systemPrompt personality languageCode skipGreeting \
      zeroDataRetention ttsProvider ttsProviderVoiceId ttsProviderModelId ttsProviderOptions \
      avatarEngineKey avatarVersion disableBrains fillerPhrases useFillerPhrases \
      enableAudioPassthrough voiceDetectionOptions voiceGenerationOptions \
      maxSessionLengthSeconds fps
      """.split(separator: " ").map(String.init)
    for row in try client.rows("/v1/sessions?perPage=100") {
      #expect(Set(row.keys) == Set(example))
      let persona = try #require(row["personaConfig"] as? [String: Any])
      #expect(Set(persona.keys) == Set(configuration))
      let time = try #require(row["createdAt"] as? String)
      #expect(time.utf8.count == 24 && time.hasSuffix("Z"))
      let isActive = row["endTime"] as? String == nil
      #expect((row["exitStatus"] as? String == nil) == isActive)
      #expect((row["sessionLengthMs"] as? Int == nil) == isActive)
    }
  }

  @Test func `an item is one object of the list; another id is a 404`() throws {
    let id = client.service.rows()[3].id
    #expect(try client.object("/v1/sessions/\(id)")["id"] as? String == id)
    _ = try client.object("/v1/sessions/00000000-0000-0000-0000-000000000000", status: 404)
    #expect(client.response("/v1/sessions", fields: Fields()).status == 401)
  }

  @Test func `the rate limit is announced, kept and renewed`() throws {
    let limit = RateLimit(requests: 2, per: .seconds(10))
    let client = ServiceClient(.anam, rateLimit: limit)
    let first = client.response("/v1/sessions")
    #expect(first.fields["ratelimit-limit"] == "2")
    #expect(first.fields["ratelimit-remaining"] == "1")
    #expect(first.fields["ratelimit-reset"] == "10")
    client.clock.advance(by: .seconds(4))
    #expect(client.response("/v1/sessions").status == 200)
    let refused = client.response("/v1/sessions")
    #expect(refused.status == 429)
    #expect(refused.fields["retry-after"] == "6")
    #expect(client.service.counts.rateLimited == 1)
    client.clock.advance(by: .seconds(6))
    #expect(client.response("/v1/sessions").status == 200)
  }

  @Test func `the newer spelling says the same`() {
    let limit = RateLimit(requests: 50, per: .seconds(30), spelling: .oneField)
    let response = ServiceClient(.anam, rateLimit: limit).response("/v1/sessions")
    #expect(response.fields["ratelimit"] == "\"default\";r=49;t=30")
    #expect(response.fields["ratelimit-policy"] == "\"default\";q=50;w=30")
  }
}
