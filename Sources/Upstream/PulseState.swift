import Transport

/// Whether an HTTP/2 connection lives: it is asked (PING) when it has been silent, and given up when it
/// does not answer, or never said how it is to be used. A call's default ten seconds leave time for a
/// second try after that.
struct PulseState {
  enum Step: Equatable {
    case wait(until: Instant)
    /// Send a PING, and look again at that time.
    case ask(until: Instant)
    case dead
    /// SETTINGS, which begin every connection (RFC 9113, 3.4), did not come.
    case mute
  }

  static let patienceForSettings = Duration.seconds(3)
  /// Silence before the question while answers are awaited.
  static let busySilence = Duration.seconds(2)
  /// The same without streams: often enough for what forgets idle connections on the way, and rarely
  /// enough for servers that count.
  static let idleSilence = Duration.seconds(15)
  static let patienceForPing = Duration.seconds(3)

  private let madeAt: Instant
  private var heardAt: Instant
  private var askedAt: Instant?
  var hasSettings = false
  /// No new calls until there is another byte.
  private(set) var isSuspect = false

  init(at now: Instant) {
    madeAt = now
    heardAt = now
  }

  mutating func heard(at now: Instant) {
    heardAt = now
    askedAt = nil
    isSuspect = false
  }

  /// A call that began at `start` has been given up: if half of its time passed in silence, its
  /// connection may be the reason.
  mutating func abandoned(since start: Instant, at now: Instant) {
    if now - heardAt > (now - start) / 2 { isSuspect = true }
  }

  /// What is to be done now; the step is taken to be carried out.
  mutating func look(at now: Instant, isBusy: Bool) -> Step {
    if !hasSettings {
      let end = madeAt + Self.patienceForSettings
      return now >= end ? .mute : .wait(until: end)
    }
    if let askedAt {
      let end = askedAt + Self.patienceForPing
      return now >= end ? .dead : .wait(until: end)
    }
    let silence = isBusy ? Self.busySilence : Self.idleSilence
    if !isSuspect, now < heardAt + silence { return .wait(until: heardAt + silence) }
    askedAt = now
    return .ask(until: now + Self.patienceForPing)
  }
}
