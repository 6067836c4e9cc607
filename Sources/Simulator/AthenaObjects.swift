import Bytes

/// The parts of an Athena session that the list can be filtered and sorted by.
struct AthenaTraits: Sendable {
  let identity: Identity

  /// Rows written by older releases lack what came later.
  enum Generation { case legacy, statusOnly, current, sparse }

  init(_ dataset: SimulatedDataset) { identity = dataset.identity }

  func generation(_ session: SimulatedSession) -> Generation {
    var dice = dice(session, 1)
    let luck = dice.fraction()
    return luck < 0.1 ? .legacy : luck < 0.25 ? .statusOnly : luck < 0.93 ? .current : .sparse
  }

  /// Nil for one that was never given a title.
  func title(_ session: SimulatedSession) -> String? {
    var dice = dice(session, 2)
    guard dice.chance(0.95), generation(session) != .sparse else { return nil }
    let topic = dice.pick(Cast.topics)
    let name = Cast.fullName(&dice)
    let edits = session.edits == 0 ? "" : " (edited \(session.edits) times)"
    return "\(topic) – \(name)\(edits)"
  }

  /// The deprecated execution state.
  func state(_ session: SimulatedSession) -> String {
    switch session.phase {
    case .pending: "queued"
    case .active: "running"
    case .completed: "completed"
    case .failed: "failed"
    case .canceled: "canceled"
    }
  }

  /// Nil where the row does not say.
  func sourceChannel(_ session: SimulatedSession) -> String? {
    guard generation(session) != .sparse else { return nil }
    var dice = dice(session, 3)
    let channels = ["web", "web", "web", "api", "agent_email", "agent_slack", "agent_sms"]
    // The list of channels is open.
    return dice.chance(0.01) ? "agent_whatsapp" : dice.chance(0.03) ? nil : dice.pick(channels)
  }

  func sessionType(_ session: SimulatedSession) -> String? {
    guard generation(session) != .sparse else { return nil }
    var dice = dice(session, 4)
    let others = ["video_session", "desktop_session", "mobile_session"]
    return dice.chance(0.7) ? "session" : dice.chance(0.02) ? "kiosk_session" : dice.pick(others)
  }

  func application(_ session: SimulatedSession) -> String? {
    guard generation(session) != .sparse else { return nil }
    var dice = dice(session, 5)
    return dice.chance(0.8) ? dice.pick(Cast.applications) : nil
  }

  func dice(_ session: SimulatedSession, _ purpose: UInt64) -> Dice {
    Dice(seed: identity.seed, stream: UInt64(session.serial) << 8 | 0x10 | purpose)
  }
}

/// Athena's session objects, full, older and sparse ones.
struct AthenaObjects: SessionObjects {
  private let traits: AthenaTraits

  init(_ dataset: SimulatedDataset) { traits = AthenaTraits(dataset) }

  private var identity: Identity { traits.identity }

  func write(_ session: SimulatedSession, _ quirks: RowQuirks, to text: JSONOutput) {
    if quirks.malformation == .notAnObject { return text.null() }
    var dice = traits.dice(session, 6)
    let zone: StaticString = dice.chance(0.5) ? "Z" : "+00:00"
    text.object {
      text.placed(
        ("id", identity.text(.session, session.serial)), ("created_at", session.created), quirks,
        digits: 6, zone: zone)
      text.key("thread_id")
      text.quoted {
        text.buffer.append("thread_")
        text.buffer.append(decimal: Dice.mix(identity.seed &+ UInt64(session.serial)))
      }
      text.time("updated_at", session.updated, digits: 6, zone: zone)
      let generation = traits.generation(session)
      if generation != .legacy {
        text.member("session_status_v2", sessionStatus(session, &dice))
      }
      if generation == .sparse { return }
      if generation == .current { text.member("run_status_v2", runStatus(session, &dice)) }
      writeContext(session, &dice, text)
      writeOutcome(session, &dice, text)
    }
  }

  private func writeContext(_ session: SimulatedSession, _ dice: inout Dice, _ text: JSONOutput) {
    let agent = UInt32(dice.below(Cast.agentNames.count))
    let isBound = dice.chance(0.6)
    text.member("title", traits.title(session))
    text.id("created_by_id", identity, .user, UInt32(dice.below(60)))
    text.id("workspace_id", identity, .workspace, 0)
    text.member("app_id", traits.application(session))
    text.member("agent", isBound ? Cast.agentNames[Int(agent)] : "athena")
    text.key("collab_agent_id")
    if isBound {
      text.quoted { identity.append(.agent, agent, to: text.buffer) }
    } else {
      text.null()
    }
    text.member("model", dice.chance(0.9) ? dice.pick(Cast.athenaModels) : nil)
    text.member("state", traits.state(session))
    text.member("session_type", traits.sessionType(session))
    text.member("source_channel", traits.sourceChannel(session))
    text.member("trigger_type", session.isTask ? "schedule" : dice.chance(0.7) ? "user" : nil)
    text.member("is_sub_session", session.isSubSession)
    text.key("parent_session_id")
    if session.isSubSession, session.serial > 0 {
      text.quoted { identity.append(.session, session.serial - 1, to: text.buffer) }
    } else {
      text.null()
    }
    text.key("aop_asset_id")
    if session.isTask {
      text.quoted { identity.append(.procedure, UInt32(dice.below(20)), to: text.buffer) }
    } else {
      text.null()
    }
  }

  private func writeOutcome(_ session: SimulatedSession, _ dice: inout Dice, _ text: JSONOutput) {
    let failed = session.phase == .failed
    let reason = dice.pick(Cast.failures)
    text.member("num_messages", dice.chance(0.95) ? dice.between(1, 120) : nil)
    text.key("total_cost_usd")
    if dice.chance(0.9) {
      text.buffer.append(decimal: dice.between(0, 9))
      text.buffer.append(UInt8(ascii: "."))
      text.buffer.append(padded: dice.between(0, 999_999), to: 6)
    } else {
      text.null()
    }
    text.member("last_message_preview", dice.chance(0.85) ? dice.pick(Cast.messagePreviews) : nil)
    text.member("is_unread", dice.chance(0.3))
    text.member("failure_reason_v2", failed && !session.isTask ? reason : nil)
    if session.isTask {
      text.member("aop_execution_succeeded", session.hasEnded ? !failed : false)
      text.member("aop_execution_error", failed ? reason : nil)
    }
  }

  private func sessionStatus(_ session: SimulatedSession, _ dice: inout Dice) -> String {
    switch session.phase {
    case .pending, .active: dice.chance(0.1) ? "needs_input" : "active"
    case .completed, .canceled: "idle"
    case .failed: "error"
    }
  }

  private func runStatus(_ session: SimulatedSession, _ dice: inout Dice) -> String {
    switch session.phase {
    case .pending: dice.chance(0.5) ? "scheduled" : "queued"
    case .active: dice.chance(0.1) ? "needs_input" : "running"
    case .completed: "completed"
    case .failed: "failed"
    case .canceled: dice.chance(0.2) ? "cancelled" : "canceled"
    }
  }
}
