import Bytes

/// Anam's `Session` with the members and their order of the example on its page.
struct AnamObjects: SessionObjects {
  let identity: Identity

  static let personaCount = 5
  static let apiKeyCount = 3

  init(_ dataset: SimulatedDataset) { identity = dataset.identity }

  /// The parts of a session that the list can be filtered by.
  struct Traits {
    /// Nil for an ephemeral persona.
    var persona: UInt32?
    var apiKey: UInt32
    var clientLabel: String?
  }

  func traits(_ session: SimulatedSession) -> Traits {
    var dice = Dice(seed: identity.seed, stream: UInt64(session.serial) << 8 | 2)
    let persona = dice.below(AnamObjects.personaCount + 2)
    let apiKey = UInt32(dice.below(AnamObjects.apiKeyCount))
    let edits = session.edits == 0 ? "" : " (edited \(session.edits) times)"
    let label =
      dice.chance(0.15)
      ? nil
      : dice.chance(0.5) ? dice.pick(Cast.clientLabels) + edits : dice.pick(Cast.topics) + edits
    return Traits(
      persona: persona < AnamObjects.personaCount ? UInt32(persona) : nil, apiKey: apiKey,
      clientLabel: label)
  }

  func write(_ session: SimulatedSession, _ quirks: RowQuirks, to text: JSONOutput) {
    if quirks.malformation == .notAnObject { return text.value(Int64(session.serial)) }
    let traits = traits(session)
    var dice = Dice(seed: identity.seed, stream: UInt64(session.serial) << 8 | 3)
    // `startTime` is never null on the page: a session is listed once it has connected.
    let ended = session.hasEnded ? session.ends : nil
    let length = (session.ends.microseconds - session.created.microseconds) / 1_000
    let hasEngine = dice.chance(0.97)
    text.object {
      text.placed(
        ("id", identity.text(.session, session.serial)), ("createdAt", session.created), quirks)
      text.key("personaId")
      if let persona = traits.persona {
        text.quoted { identity.append(.persona, persona, to: text.buffer) }
      } else {
        text.null()
      }
      text.member("clientLabel", traits.clientLabel)
      text.time("startTime", session.created)
      text.time("endTime", ended)
      text.member("sessionLengthMs", session.hasEnded ? length : nil)
      text.member("exitStatus", exitStatus(session, &dice))
      text.member(
        "engineHost",
        hasEngine
          ? "connect-\(dice.chance(0.6) ? "eu" : "us").anam.ai/v1/webrtc/engines/anam-engine-"
            + "7dddcb9ccd-\(Cast.clientLabels[dice.below(7)].prefix(5))" : nil)
      text.member("engineProtocol", hasEngine ? "https" : nil)
      text.member("engineVersion", hasEngine ? "v5.\(dice.below(4)).\(dice.below(10))" : nil)
      text.objectMember("clientMetadata") {
        text.member("userAgent", dice.pick(Cast.userAgents))
        if dice.chance(0.3) { text.member("referrer", "https://example.com/help?topic=billing") }
      }
      writePersona(traits.persona, &dice, text)
      text.id("apiKeyId", identity, .apiKey, traits.apiKey)
      text.id("organizationId", identity, .organization, 0)
      text.time("updatedAt", dice.chance(0.02) && session.hasEnded ? nil : session.updated)
    }
  }

  private func exitStatus(_ session: SimulatedSession, _ dice: inout Dice) -> String? {
    let luck = dice.below(10)
    return switch session.phase {
    case .pending, .active: nil
    case .completed: luck < 6 ? "NORMAL_EXIT" : "CLOSED_BY_ENGINE"
    case .failed: luck < 6 ? "ERROR" : luck < 9 ? "CONNECTION_FAILED" : "engine_error"
    case .canceled: luck < 5 ? "CLOSED_BY_CLIENT" : "MAX_LENGTH_REACHED"
    }
  }

  private func writePersona(_ persona: UInt32?, _ dice: inout Dice, _ text: JSONOutput) {
    let name = persona.map { Cast.personaNames[Int($0)] } ?? dice.pick(Cast.personaNames)
    let model = dice.pick(["gpt-4o", "gpt-4.1-mini", "gemini-2.5-flash", "llama-3.3-70b"])
    let prompt = Cast.prompt(&dice, sentences: dice.below(6) + 1)
    text.objectMember("personaConfig") {
      text.member("type", persona == nil ? "ephemeral" : "stateful")
      text.member("name", name)
      text.objectMember("metadata") { text.member("client", "js-sdk") }
      text.objectMember("llmConfig") {
        text.id("id", identity, .model, persona ?? 99)
        text.member("modelName", model)
        text.member("format", "openai")
        text.arrayMember("urls") {
          text.raw("{\"url\":\"https://api.openai.com/v1\",\"region\":\"default\"}")
        }
        text.member("maxTokens", 4_096)
        text.member("temperature", json: "0.7")
        text.member("metadata", json: "{}")
        text.member("secret_iv", "[REDACTED]")
        text.member("encrypted_secret", "[REDACTED]")
        text.nullMember("createdByOrganizationId")
      }
      text.member("systemPrompt", prompt)
      text.member("personality", "")
      text.member("languageCode", "en")
      text.member("skipGreeting", false)
      text.member("zeroDataRetention", false)
      text.member("ttsProvider", "ELEVENLABS")
      text.member("ttsProviderVoiceId", "lcMyyd2HUfFzxdCaC4Ta")
      text.member("ttsProviderModelId", "eleven_flash_v2_5")
      text.member("ttsProviderOptions", json: "{}")
      text.member("avatarEngineKey", "\(name.lowercased())_home")
      text.member("avatarVersion", "cara-3")
      text.member("disableBrains", false)
      text.member("fillerPhrases", json: "[]")
      text.member("useFillerPhrases", false)
      text.member("enableAudioPassthrough", false)
      text.member("voiceDetectionOptions", json: "{}")
      text.member("voiceGenerationOptions", json: "{}")
      text.member("maxSessionLengthSeconds", 1_000_000)
      text.member("fps", 25)
    }
  }
}
