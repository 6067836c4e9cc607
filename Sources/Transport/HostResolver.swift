import Dispatch

/// Turns host names into addresses without ever blocking a loop: look-ups run on Dispatch's global
/// queue, one at a time for each name, and are kept for `lifetime`. While a later look-up fails, or
/// takes longer than `patience`, the old answer serves on.
///
/// Shared by all loops. A name is asked for by configured sources only, so there are as many entries.
package final class HostResolver: Sendable {
  package typealias Answer = Result<[RemoteAddress], TransportError>
  package typealias LookUp = @Sendable (_ host: String, _ port: UInt16) -> Answer

  private struct Key: Hashable {
    var host: String
    var port: UInt16
  }

  private struct Entry {
    var known: [RemoteAddress] = []
    var expires = Instant(nanoseconds: 0)
    var isLookingUp = false
    var waiters: [Waiter] = []
  }

  private struct Waiter {
    var loop: EventLoop.Handle
    var ticket: UInt64
  }

  private let lookUp: LookUp
  private let lifetime: Duration
  private let patience: Duration
  private let entries = Guarded<[Key: Entry]>([:])

  /// How long after a failed look-up the old answer is used without asking again.
  private static let pauseAfterFailure = Duration.seconds(5)

  package init(
    lifetime: Duration = .seconds(30), patience: Duration = .seconds(1),
    lookUp: @escaping LookUp = { RemoteAddress.lookUp(host: $0, port: $1) }
  ) {
    self.lifetime = lifetime
    self.patience = patience
    self.lookUp = lookUp
  }

  /// Calls `completion` once on the loop: at once when the answer is known, else later.
  package func resolve(
    host: String, port: UInt16, on loop: EventLoop, completion: @escaping (Answer) -> Void
  ) {
    if let address = RemoteAddress(numeric: host, port: port) {
      return completion(.success([address]))
    }
    let key = Key(host: host, port: port)
    let waiting = ResolverWaiters.on(loop)
    let ticket = waiting.nextTicket()
    let now = loop.now
    let handle = loop.handle
    let (known, isFresh, starts) = entries.withLock { entries in
      var entry = entries[key] ?? Entry()
      defer { entries[key] = entry }
      if !entry.known.isEmpty, now < entry.expires { return (entry.known, true, false) }
      entry.waiters.append(Waiter(loop: handle, ticket: ticket))
      defer { entry.isLookingUp = true }
      return (entry.known, false, !entry.isLookingUp)
    }
    if isFresh { return completion(.success(known)) }
    waiting.add(
      ticket, completion, fallback: known.isEmpty ? nil : (known, now + patience))
    if starts {
      DispatchQueue.global().async { self.finish(key, self.lookUp(key.host, key.port)) }
    }
  }

  private func finish(_ key: Key, _ answer: Answer) {
    let now = Instant.now()
    let (waiters, outcome): ([Waiter], Answer) = entries.withLock { entries in
      var entry = entries[key] ?? Entry()
      defer { entries[key] = entry }
      entry.isLookingUp = false
      let waiters = entry.waiters
      entry.waiters = []
      if case .success(let addresses) = answer {
        entry.known = addresses
        entry.expires = now + lifetime
        return (waiters, answer)
      }
      if entry.known.isEmpty { return (waiters, answer) }
      entry.expires = now + Self.pauseAfterFailure
      return (waiters, .success(entry.known))
    }
    for waiter in waiters {
      waiter.loop.submit { loop in
        ResolverWaiters.on(loop).deliver(waiter.ticket, outcome)
      }
    }
  }
}

/// One loop's callers that wait for a look-up: closures cannot cross threads, so tickets do.
private final class ResolverWaiters {
  private struct Waiting {
    var completion: (HostResolver.Answer) -> Void
    var timer: LoopTimer?
  }

  private unowned let loop: EventLoop
  private var waiting: [UInt64: Waiting] = [:]
  private var lastTicket: UInt64 = 0

  private init(_ loop: EventLoop) { self.loop = loop }

  static func on(_ loop: EventLoop) -> ResolverWaiters {
    if let known = loop.attached(ResolverWaiters.self) { return known }
    let made = ResolverWaiters(loop)
    loop.attach(made)
    return made
  }

  func nextTicket() -> UInt64 {
    lastTicket += 1
    return lastTicket
  }

  func add(
    _ ticket: UInt64, _ completion: @escaping (HostResolver.Answer) -> Void,
    fallback: (addresses: [RemoteAddress], at: Instant)?
  ) {
    var timer: LoopTimer?
    if let fallback {
      let made = LoopTimer { [unowned self] in deliver(ticket, .success(fallback.addresses)) }
      loop.schedule(made, at: fallback.at)
      timer = made
    }
    waiting[ticket] = Waiting(completion: completion, timer: timer)
  }

  func deliver(_ ticket: UInt64, _ answer: HostResolver.Answer) {
    guard let found = waiting.removeValue(forKey: ticket) else { return }
    if let timer = found.timer { loop.cancel(timer) }
    found.completion(answer)
  }
}
