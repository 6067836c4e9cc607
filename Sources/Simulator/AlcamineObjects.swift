import Bytes

/// Alcamine's `Session` with every property of its schema, the optional `completedMeta` included
/// where a session has completed.
struct AlcamineObjects: SessionObjects {
  private let identity: Identity
  /// Sessions name one of these; each is written once.
  private let agents: [[UInt8]]

  private static let agentCount = 12
  private static let personCount = 400
  private static let anHour: Int64 = 3_600_000_000

  init(_ dataset: SimulatedDataset) {
    let identity = dataset.identity
    self.identity = identity
    let firstDay = WallTime(milliseconds: dataset.now.milliseconds) - .seconds(120 * 86_400)
    agents = (0..<AlcamineObjects.agentCount).map { number in
      let buffer = ByteBuffer(capacity: 4_096)
      AlcamineObjects.writeAgent(UInt32(number), since: firstDay, identity, JSONOutput(buffer))
      return withExtendedLifetime(buffer) { Array(buffer.bytes) }
    }
  }

  func write(_ session: SimulatedSession, _ quirks: RowQuirks, to text: JSONOutput) {
    if quirks.malformation == .notAnObject { return text.value("not a session") }
    var dice = Dice(seed: identity.seed, stream: UInt64(session.serial) << 8 | 2)
    let agent = UInt32(dice.below(AlcamineObjects.agentCount))
    let person = UInt32(dice.below(AlcamineObjects.personCount))
    let topic = dice.pick(Cast.topics)
    let isCall = dice.chance(0.6)
    let isDemo = dice.chance(0.05)
    let hasStarted = session.phase != .pending
    let ended = session.hasEnded ? session.ends : nil
    let edits = session.edits == 0 ? "" : " (edited \(session.edits) times)"
    text.object {
      text.placed(
        ("id", identity.text(.session, session.serial)), ("createdAt", session.created), quirks)
      text.time("updatedAt", session.updated)
      text.member("name", topic + edits)
      text.member("type", json: isCall ? "\"INBOUND_CALL\"" : "\"WEB_VOICE\"")
      text.member("status", json: status(session.phase))
      // A caller who hung up before the agent did leaves only one of the two times.
      text.time("completedAt", ended)
      text.time(
        "lastHeartbeatAt", hasStarted ? min(session.updated, ended ?? session.updated) : nil)
      text.time("startedAt", hasStarted ? session.starts : nil)
      text.time("endedAt", dice.chance(0.04) ? nil : ended)
      text.member("recordAudio", dice.chance(0.7))
      text.member("isDemo", isDemo)
      text.id("agentId", identity, .agent, agent)
      text.id("agentVersionId", identity, .agentVersion, agent)
      text.id("workspaceId", identity, .workspace, 0)
      text.id("personId", identity, .person, person)
      text.id("conversationId", identity, .conversation, session.serial)
      if session.hasEnded {
        text.key("completedMeta")
        if dice.chance(0.8) {
          text.object { text.id("traceId", identity, .trace, session.serial) }
        } else {
          text.null()
        }
      }
      text.key("agent")
      text.raw(agents[Int(agent)])
      writeConversation(session, person, topic, isDemo, text)
      writePerson(person, session, text)
      writeLedger(session, agent, isCall, text)
    }
  }

  private func status(_ phase: SimulatedSession.Phase) -> StaticString {
    switch phase {
    case .pending: "\"PENDING\""
    case .active: "\"IN_PROGRESS\""
    case .completed, .failed, .canceled: "\"COMPLETED\""
    }
  }

  private func writeConversation(
    _ session: SimulatedSession, _ person: UInt32, _ topic: String, _ isDemo: Bool,
    _ text: JSONOutput
  ) {
    var dice = Dice(seed: identity.seed, stream: UInt64(session.serial) << 8 | 3)
    let viewed = session.hasEnded && dice.chance(0.4)
    text.objectMember("conversation") {
      text.id("id", identity, .conversation, session.serial)
      text.time("createdAt", session.created)
      text.time("updatedAt", session.updated)
      text.id("workspaceId", identity, .workspace, 0)
      text.id("personId", identity, .person, person)
      text.member("name", topic)
      text.member("isDemo", isDemo)
      text.time("lastViewedAt", viewed ? session.updated : nil)
      text.key("lastViewedBy")
      if viewed {
        text.quoted { identity.append(.user, UInt32(dice.below(8)), to: text.buffer) }
      } else {
        text.null()
      }
      text.time("lastSessionEndedAt", session.hasEnded ? session.ends : nil)
      text.nullMember("archivedAt")
      text.nullMember("archivedBy")
    }
  }

  private func writePerson(_ number: UInt32, _ session: SimulatedSession, _ text: JSONOutput) {
    var dice = Dice(seed: identity.seed, stream: UInt64(number) << 8 | 4)
    let name = Cast.fullName(&dice)
    let age = dice.between(0, 90 * 24) * AlcamineObjects.anHour
    let firstSeen = WallTime(microseconds: session.created.microseconds - age)
    text.objectMember("person") {
      text.id("id", identity, .person, number)
      text.time("createdAt", firstSeen)
      text.time("updatedAt", session.updated)
      text.id("workspaceId", identity, .workspace, 0)
      text.objectMember("properties") {
        text.member("name", name)
        text.member("locale", dice.pick(["en-US", "es-MX", "fr-FR", "de-CH"]))
        text.member("lifetimeOrders", dice.between(0, 40))
        text.arrayMember("tags") {
          if dice.chance(0.3) { text.value("vip") }
          if dice.chance(0.2) { text.value("newsletter") }
        }
      }
      text.time("firstSeenAt", firstSeen)
      text.time("lastSeenAt", session.updated)
      text.time("identifiedAt", dice.chance(0.8) ? firstSeen : nil)
      text.nullMember("deletedAt")
      text.member(
        "email", dice.chance(0.75) ? "\(Cast.slug(name)).\(number)@example.com" : nil)
      text.member("phone", dice.chance(0.8) ? "+1555\(1_000_000 + number * 7_919)" : nil)
      text.id("rootPersonId", identity, .person, number)
      text.nullMember("mergedBy")
      text.nullMember("mergedAt")
      text.objectMember("mergeMeta") {}
    }
  }

  private func writeLedger(
    _ session: SimulatedSession, _ agent: UInt32, _ isCall: Bool, _ text: JSONOutput
  ) {
    guard session.hasEnded else { return text.nullMember("ledger") }
    let length = session.ends.microseconds - session.starts.microseconds
    text.objectMember("ledger") {
      text.id("id", identity, .ledger, session.serial)
      text.time("createdAt", session.ends)
      text.time("updatedAt", session.ends)
      text.nullMember("createdBy")
      text.nullMember("updatedBy")
      text.id("workspaceId", identity, .workspace, 0)
      text.member("amount", -max(1, length / 6_000_000))
      text.member("reason", "VOICE_USAGE")
      text.member("reasonDetails", isCall ? nil : "web")
      text.nullMember("redemptionCodeId")
      text.id("agentId", identity, .agent, agent)
      text.id("sessionId", identity, .session, session.serial)
      text.key("idempotencyKey")
      text.quoted {
        text.buffer.append("usage-")
        identity.append(.session, session.serial, to: text.buffer)
      }
    }
  }
}

extension AlcamineObjects {
  private static func writeAgent(
    _ number: UInt32, since firstDay: WallTime, _ identity: Identity, _ text: JSONOutput
  ) {
    var dice = Dice(seed: identity.seed, stream: UInt64(number) << 8 | 5)
    let name = Cast.agentNames[Int(number) % Cast.agentNames.count]
    let created = firstDay + .seconds(Int64(number) * 86_400)
    let updated = created + .seconds(dice.between(3_600, 40 * 86_400))
    text.object {
      text.id("id", identity, .agent, number)
      text.time("createdAt", created)
      text.time("updatedAt", updated)
      text.id("createdBy", identity, .user, 1)
      text.nullMember("updatedBy")
      text.id("workspaceId", identity, .workspace, 0)
      text.id("publishedVersionId", identity, .agentVersion, number)
      text.member("name", name)
      text.member("description", dice.chance(0.7) ? "Answers for \(name.lowercased())." : nil)
      text.member("slug", Cast.slug(name))
      text.member("status", json: "\"PUBLISHED\"")
      text.nullMember("sourceTemplateId")
      text.nullMember("archivedAt")
      text.nullMember("archivedBy")
      text.nullMember("completedAt")
      text.nullMember("completedBy")
      text.time("publishedAt", updated)
      text.id("publishedBy", identity, .user, 1)
      text.key("version")
      writeVersion(number, created, updated, &dice, identity, text)
    }
  }

  private static func writeVersion(
    _ number: UInt32, _ created: WallTime, _ updated: WallTime, _ dice: inout Dice,
    _ identity: Identity, _ text: JSONOutput
  ) {
    let pays = dice.chance(0.3)
    let version = dice.between(1, 40)
    let length = dice.pick(["FIVE_MINUTES", "TEN_MINUTES", "FIFTEEN_MINUTES", "THIRTY_MINUTES"])
    let prompt = Cast.prompt(&dice, sentences: dice.below(20) + 8)
    let configuration = dice.below(4)
    text.object {
      text.id("id", identity, .agentVersion, number)
      text.time("createdAt", created)
      text.time("updatedAt", updated)
      text.id("createdBy", identity, .user, 1)
      text.nullMember("updatedBy")
      text.id("agentId", identity, .agent, number)
      text.member("version", version)
      text.id("workspaceId", identity, .workspace, 0)
      text.nullMember("sourceAgentVersionId")
      text.id("themeId", identity, .theme, 0)
      text.member("incentiveType", pays ? "CASH" : "NONE")
      text.member("incentiveAmount", pays ? 2_500 : nil as Int64?)
      text.member("incentiveCurrencyCode", pays ? "USD" : nil)
      text.member("maxParticipants", pays ? 200 : nil as Int64?)
      text.member("length", length)
      text.arrayMember("languages") {
        text.value("en")
        if number % 3 == 0 { text.value("es") }
        if number % 5 == 0 { text.value("fr") }
      }
      text.arrayMember("inputMode") {
        text.value("PHONE")
        text.value("WEB_VOICE")
      }
      text.key("knowledgeBaseId")
      if number % 2 == 0 {
        text.quoted { identity.append(.knowledgeBase, number, to: text.buffer) }
      } else {
        text.null()
      }
      text.member("followUp", number % 2 == 1)
      text.member("limitToKnowledgeBase", json: number % 4 == 0 ? "null" : "false")
      text.member("timezone", number % 3 == 1 ? nil : "America/New_York")
      text.member("authentication", number % 6 == 5 ? "CODE" : "NONE")
      text.member("systemPrompt", prompt)
      text.nullMember("agentFlowId")
      text.key("config")
      writeConfiguration(configuration, text)
    }
  }

  private static func writeConfiguration(_ choice: Int, _ text: JSONOutput) {
    switch choice {
    case 0:
      text.raw("null")
    case 1:
      text.raw(
        """
        {"llm":{"provider":"GEMINI","model":"GEMINI_2_0_FLASH_001","temperature":0.7},\
        "tts":{"provider":"ELEVENLABS","model":"MULTILINGUAL_V2","voiceId":"lcMyyd2HUfFzxdCaC4Ta"},\
        "stt":{"provider":"DEEPGRAM","model":"NOVA_3"}}
        """)
    default:
      text.raw(
        """
        {"llm":{"provider":"OPENAI","model":"GPT_4_1","temperature":0.30},\
        "tts":{"provider":"CARTESIA","model":"SONIC_2","voiceId":"a0e99841-438c-4a64-b679"},\
        "stt":{"provider":"CARTESIA","model":"INK_WHISPER"}}
        """)
    }
  }
}
