import HTTP
import Testing

@testable import Simulator

/// From the pages "List Sessions" and "Get a Session" of Alcamine.
struct AlcamineAPITests {
  private let client = ServiceClient(.alcamine)

  @Test func `the default page is the 25 newest, as a bare array`() throws {
    let rows = try client.rows("/sessions")
    #expect(rows.count == 25)
    let all = client.service.rows()
    #expect(rows.map { $0["id"] as? String } == all.prefix(25).map(\.id))
    let times = try rows.map { try #require(milliseconds($0["createdAt"])) }
    #expect(times == times.sorted(by: >))
  }

  @Test func `limit and offset cut the list without gap or overlap, and its end is short`() throws {
    let all = client.service.rows().map(\.id)
    #expect(try client.ids("/sessions?limit=250") == Array(all[..<250]))
    #expect(try client.ids("/sessions?limit=250&offset=250") == Array(all[250...]))
    #expect(try client.ids("/sessions?limit=1&offset=299") == [all[299]])
    #expect(try client.ids("/sessions?limit=10&offset=300") == [])
    #expect(try client.ids("/sessions?offset=9223372036854775807") == [])
  }

  @Test(arguments: [
    "limit=0", "limit=251", "limit=-1", "limit=ten", "limit=", "offset=-1", "offset=x",
    "offset=9223372036854775808", "limit=%zz",
  ])
  func `a bad parameter is a 400`(query: String) throws {
    let answer = try client.object("/sessions?\(query)", status: 400)
    #expect(answer.isEmpty == false)
    #expect(client.service.counts.invalid == 1)
    #expect(client.service.counts.lists == 0)
  }

  @Test func `parameters that the page does not know are ignored`() throws {
    #expect(try client.ids("/sessions?status=COMPLETED&limit=2").count == 2)
  }

  @Test func `an item is the object of the list, and an unknown id is a 404`() throws {
    let id = client.service.rows()[17].id
    let listed = client.bytes("/sessions?limit=1&offset=17")
    #expect(client.bytes("/sessions/\(id)") == Array(listed.dropFirst().dropLast()))
    for unknown in ["abc", "aaaaaaaaaaaaaaaaaaaaaaaa", "%2F..", String(id.dropLast()) + "!"] {
      _ = try client.object("/sessions/\(unknown)", status: 404)
    }
  }

  @Test func `without the key it is a 401`() throws {
    let wrong: [Fields] = [
      Fields(), Fields([("Authorization", "Bearer wrong")]),
      Fields([("Authorization", "Basic \(ServiceClient.key)")]),
      Fields([("X-API-KEY", ServiceClient.key)]),
    ]
    for fields in wrong {
      #expect(client.response("/sessions", fields: fields).status == 401)
    }
    #expect(client.service.counts.unauthorized == wrong.count)
    let lowercase = Fields([("authorization", "bearer \(ServiceClient.key)")])
    #expect(client.response("/sessions", fields: lowercase).status == 200)
  }

  @Test func `unknown paths and other methods are a 404`() {
    for path in ["/", "/session", "/sessions/", "/sessions/a/b", "/v1/sessions"] {
      #expect(client.response(path).status == 404)
    }
    #expect(client.response("/sessions", method: "POST").status == 404)
  }

  @Test func `every required property of the schema is there, with the type it should have`() throws
  {
    let required = """
      id createdAt updatedAt name type status completedAt lastHeartbeatAt startedAt endedAt \
      recordAudio isDemo agentId agentVersionId workspaceId personId conversationId agent \
      conversation person ledger
      """.split(separator: " ").map(String.init)
    let agent = """
      id createdAt updatedAt createdBy updatedBy workspaceId publishedVersionId name description \
      slug status sourceTemplateId archivedBy completedBy publishedBy version archivedAt \
      completedAt publishedAt
      """.split(separator: " ").map(String.init)
    let version = """
      id createdAt updatedAt createdBy updatedBy agentId version workspaceId sourceAgentVersionId \
      themeId incentiveType incentiveAmount incentiveCurrencyCode maxParticipants length languages \
      inputMode knowledgeBaseId followUp limitToKnowledgeBase timezone authentication systemPrompt \
      agentFlowId config
      """.split(separator: " ").map(String.init)
    let conversation = """
      id createdAt updatedAt workspaceId personId name isDemo lastViewedAt lastViewedBy \
      lastSessionEndedAt archivedAt archivedBy
      """.split(separator: " ").map(String.init)
    let person = """
      id createdAt updatedAt workspaceId properties firstSeenAt lastSeenAt identifiedAt deletedAt \
      email phone rootPersonId mergedBy mergedAt mergeMeta
      """.split(separator: " ").map(String.init)
    let ledger = """
      id createdAt updatedAt createdBy updatedBy workspaceId amount reason reasonDetails \
      redemptionCodeId agentId sessionId idempotencyKey
      """.split(separator: " ").map(String.init)
    var ledgers = 0
    for row in try client.rows("/sessions?limit=250") {
      #expect(Set(row.keys).subtracting(["completedMeta"]) == Set(required))
      let agentObject = try #require(row["agent"] as? [String: Any])
      #expect(Set(agentObject.keys) == Set(agent))
      let versionObject = try #require(agentObject["version"] as? [String: Any])
      #expect(Set(versionObject.keys) == Set(version))
      let conversationObject = try #require(row["conversation"] as? [String: Any])
      #expect(Set(conversationObject.keys) == Set(conversation))
      let personObject = try #require(row["person"] as? [String: Any])
      #expect(Set(personObject.keys) == Set(person))
      #expect((row["id"] as? String)?.utf8.count == 24)
      #expect(["INBOUND_CALL", "WEB_VOICE"].contains(row["type"] as? String))
      #expect(["PENDING", "IN_PROGRESS", "COMPLETED"].contains(row["status"] as? String))
      #expect(agentObject["id"] as? String == row["agentId"] as? String)
      if let ledgerObject = row["ledger"] as? [String: Any] {
        ledgers += 1
        #expect(Set(ledgerObject.keys) == Set(ledger))
      }
    }
    #expect(ledgers > 100)
  }
}
