/// The sessions of one provider: invented from a seed, growing and changing as time goes by, kept in
/// the order in which the provider lists them. It knows no wire format and no clock of its own.
struct SimulatedDataset {
  let provider: SimulatedProvider
  let options: DatasetOptions
  let identity: Identity
  private(set) var disorder: ListDisorder
  /// By serial; a deleted one stays, marked.
  private(set) var sessions: [SimulatedSession] = []
  private var indexes: [SessionIndex]
  private var events = DatasetEvents()
  /// One stream of chance a kind of event, so that turning on one kind does not change the others.
  private var arrivals: Dice
  private var backdating: Dice
  private var deleting: Dice
  private var updating: Dice
  private(set) var now: WallTime
  /// Goes up with every change, for whoever keeps something derived from the rows.
  private(set) var version = 0

  /// - Parameter now: the rows are spread over the days before it.
  init(
    _ provider: SimulatedProvider, _ options: DatasetOptions, disorder: ListDisorder = .none,
    now: WallTime
  ) {
    self.provider = provider
    self.options = options
    self.disorder = disorder
    self.now = now
    let seed = Dice.mix(options.seed &+ UInt64(provider.index) << 32)
    identity = Identity(form: provider.identityForm, seed: seed)
    indexes = SimulatedDataset.indexes(for: provider, disorder, seed)
    arrivals = Dice(seed: seed, stream: 1 << 40)
    backdating = Dice(seed: seed, stream: 2 << 40)
    deleting = Dice(seed: seed, stream: 3 << 40)
    updating = Dice(seed: seed, stream: 4 << 40)
    fill()
    scheduleNext(.arrival, after: now)
    scheduleNext(.backdatedInsert, after: now)
    scheduleNext(.deletion, after: now)
    scheduleNext(.update, after: now)
  }

  var seed: UInt64 { identity.seed }

  private static func indexes(
    for provider: SimulatedProvider, _ disorder: ListDisorder, _ seed: UInt64
  ) -> [SessionIndex] {
    let keys: [SessionIndex.Key] = provider == .athena ? [.created, .updated] : [.created]
    let plain = provider == .athena ? [true, false] : [false]
    return keys.flatMap { key in
      plain.map { SessionIndex(key: key, isPlain: $0, disorder: disorder, seed: seed) }
    }
  }

  /// Lists the same rows in another order from now on.
  mutating func setDisorder(_ disorder: ListDisorder) {
    guard disorder != self.disorder else { return }
    self.disorder = disorder
    indexes = SimulatedDataset.indexes(for: provider, disorder, seed)
    for index in indexes.indices { indexes[index].fill(with: sessions) }
  }

  /// The index that holds the rows in question; the one of all rows holds any.
  func index(by key: SessionIndex.Key, plain: Bool) -> SessionIndex {
    indexes.first { $0.key == key && $0.isPlain == plain }
      ?? indexes.first { $0.key == key } ?? indexes[0]
  }

  /// The living session with this id.
  func session(_ id: String) -> SimulatedSession? {
    guard let serial = identity.session(id), serial < sessions.count else { return nil }
    let session = sessions[Int(serial)]
    return session.isDeleted ? nil : session
  }

  // MARK: Changes

  /// Adds a session created at `created`, anywhere in the list; one in the past has ended.
  @discardableResult
  mutating func insert(at created: WallTime) -> SimulatedSession {
    let session = make(serial: UInt32(sessions.count), created: created)
    sessions.append(session)
    for index in indexes.indices { indexes[index].insert(session) }
    scheduleProgress(of: session)
    version += 1
    return session
  }

  /// False when there is no such session.
  mutating func delete(_ serial: UInt32) -> Bool {
    change(serial) { $0.isDeleted = true }
  }

  /// Moves `updated` to this moment. False when there is no such session.
  mutating func update(_ serial: UInt32) -> Bool {
    let now = timeOnGrid(now)
    return change(serial) { session in
      session.updated = max(session.updated, now)
      session.edits &+= 1
    }
  }

  private mutating func change(
    _ serial: UInt32, _ body: (inout SimulatedSession) -> Void
  ) -> Bool {
    guard serial < sessions.count, !sessions[Int(serial)].isDeleted else { return false }
    let before = sessions[Int(serial)]
    body(&sessions[Int(serial)])
    let after = sessions[Int(serial)]
    version += 1
    for index in indexes.indices
    where after.isDeleted || (indexes[index].key == .updated && after.updated != before.updated) {
      indexes[index].remove(before)
      indexes[index].insert(after)
    }
    return true
  }

  // MARK: Time

  /// Lets everything happen that is due by `time`. What happens does not depend on how often this is
  /// called.
  mutating func advance(to time: WallTime) {
    while let event = events.popDue(at: time) {
      now = max(now, event.time)
      happen(event.kind)
    }
    now = max(now, time)
  }

  private mutating func happen(_ kind: DatasetEvents.Kind) {
    switch kind {
    case .progress(let serial): progress(serial)
    case .arrival:
      repeat {
        if sessions.count < DatasetOptions.mostSessions { insert(at: timeOnGrid(now)) }
      } while arrivals.chance(options.tieRate)
    case .backdatedInsert:
      if sessions.count < DatasetOptions.mostSessions {
        let age = backdating.between(60_000_000, max(60_000_001, span))
        insert(at: timeOnGrid(WallTime(microseconds: now.microseconds - age)))
      }
    case .deletion: if let serial = randomSerial(&deleting) { _ = delete(serial) }
    case .update: if let serial = randomSerial(&updating) { _ = update(serial) }
    }
    scheduleNext(kind, after: now)
  }

  /// A living session; nil when some tries hit none.
  private func randomSerial(_ dice: inout Dice) -> UInt32? {
    guard !sessions.isEmpty else { return nil }
    for _ in 0..<16 {
      let index = dice.below(sessions.count)
      if !sessions[index].isDeleted { return UInt32(index) }
    }
    return nil
  }

  private mutating func scheduleNext(_ kind: DatasetEvents.Kind, after time: WallTime) {
    let gap: Double?
    switch kind {
    case .progress: return
    case .arrival: gap = arrivals.minutes(perMinute: options.growthPerMinute)
    case .backdatedInsert: gap = backdating.minutes(perMinute: options.churn.backdatedInserts)
    case .deletion: gap = deleting.minutes(perMinute: options.churn.deletions)
    case .update: gap = updating.minutes(perMinute: options.churn.updates)
    }
    guard let gap else { return }
    // At least a microsecond, so that time goes on at any rate.
    let microseconds = max(1, Int64(gap * 60_000_000))
    events.add(kind, at: WallTime(microseconds: time.microseconds + microseconds))
  }

  private mutating func progress(_ serial: UInt32) {
    let (now, shown) = (now, timeOnGrid(now))
    let alive = change(serial) { session in
      session.updated = max(session.updated, shown)
      session.phase =
        now >= session.ends ? session.outcome : now >= session.starts ? .active : .pending
    }
    if alive { scheduleProgress(of: sessions[Int(serial)]) }
  }

  private mutating func scheduleProgress(of session: SimulatedSession) {
    let hangs = session.phase == .active && session.ends == .never
    guard !session.hasEnded, !hangs else { return }
    let next = session.phase == .pending ? session.starts : session.ends
    let heartbeat = WallTime(microseconds: now.microseconds + 30_000_000)
    events.add(.progress(session.serial), at: min(next, heartbeat))
  }

  // MARK: Invention

  private var span: Int64 { Int64(options.days) * 86_400_000_000 }

  /// Alcamine and Anam know no microseconds.
  private func timeOnGrid(_ time: WallTime) -> WallTime {
    provider == .athena ? time : WallTime(milliseconds: time.milliseconds)
  }

  private mutating func fill() {
    var times: [WallTime] = []
    times.reserveCapacity(options.sessions)
    for _ in 0..<options.sessions {
      if let last = times.last, arrivals.chance(options.tieRate) {
        times.append(last)
      } else {
        times.append(timeOnGrid(workingTime()))
      }
    }
    times.sort()
    sessions.reserveCapacity(options.sessions)
    for (serial, time) in times.enumerated() {
      let session = make(serial: UInt32(serial), created: time)
      sessions.append(session)
      scheduleProgress(of: session)
    }
    for index in indexes.indices { indexes[index].fill(with: sessions) }
  }

  /// A moment before `now`: one in a hundred lately, so that some sessions are under way, and most
  /// of the others in the working day.
  private mutating func workingTime() -> WallTime {
    let isRecent = arrivals.chance(0.01)
    let farthest = max(1_000, isRecent ? min(span, 20 * 60_000_000) : span)
    var time = now
    for _ in 0..<4 {
      time = WallTime(microseconds: now.microseconds - arrivals.between(1_000, farthest))
      if isRecent || (8..<19).contains(CalendarTime(time).hour) { break }
    }
    return time
  }

  private func make(serial: UInt32, created: WallTime) -> SimulatedSession {
    var dice = Dice(seed: seed, stream: UInt64(serial) << 8 | 1)
    let wait = dice.between(200, 8_000) * 1_000
    // Many short ones and a few long ones.
    let length = Int64(min(dice.exponential(mean: 6 * 60_000), 3 * 3_600_000)) + 5_000
    let luck = dice.fraction()
    let outcome: SimulatedSession.Phase =
      luck < 0.86 ? .completed : luck < 0.95 ? .failed : .canceled
    let hangs = dice.chance(0.004)
    let isSubSession = dice.chance(0.06)
    let isTask = dice.chance(0.08)
    let starts = WallTime(microseconds: created.microseconds + wait)
    let ends =
      hangs ? WallTime.never : WallTime(microseconds: starts.microseconds + length * 1_000)
    var session = SimulatedSession(
      serial: serial, created: created, updated: created, starts: starts, ends: ends,
      phase: .pending, outcome: outcome, isSubSession: isSubSession, isTask: isTask)
    if ends <= now {
      session.phase = outcome
      session.updated = timeOnGrid(
        min(now, WallTime(microseconds: ends.microseconds + dice.between(0, 4_000_000))))
    } else if starts <= now {
      session.phase = .active
      session.updated = hangs ? timeOnGrid(starts) : timeOnGrid(max(created, now))
    }
    return session
  }
}

extension Dice {
  /// Minutes to the next event; nil when there is none.
  fileprivate mutating func minutes(perMinute rate: Double) -> Double? {
    rate > 0 ? exponential(mean: 1 / rate) : nil
  }
}

extension SimulatedProvider {
  var identityForm: Identity.Form {
    switch self {
    case .alcamine: .cuid
    case .anam: .uuid
    case .athena: .asset
    }
  }
}
