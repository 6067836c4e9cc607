package import Logging
import Server
import Synchronization
package import Transport

/// What lives as long as the process, whatever configuration it runs with: who stops it, what all loops
/// share, and where lines go. Everybody's; each part says what guards it.
package final class ServingProcess: Sendable {
  /// For events; requests have lines of their own.
  package let logger: Logger
  /// Nil writes no line for a request.
  let log: LogSink?
  let resolver: HostResolver
  let reloads = ReloadCounts()
  /// How the collector of spans fares.
  let collectorLog: SourceLog
  private let draining = Atomic<Bool>(false)
  private let handles = Guarded<[EventLoop.Handle]>([])
  private let servers = Guarded<ServerLoad?>(nil)
  private let refused = Guarded<[Int: Int]>([:])

  package init(
    logger: Logger, log: LogSink? = nil, resolver: HostResolver = HostResolver()
  ) {
    self.logger = logger
    self.log = log
    self.resolver = resolver
    collectorLog = SourceLog("tracing.endpoint", logger: logger)
  }

  var isDraining: Bool { draining.load(ordering: .relaxed) }

  /// Once for all: nothing ends it.
  func beginDraining() { draining.store(true, ordering: .relaxed) }

  /// The loops that serve.
  var loops: [EventLoop.Handle] { handles.withLock { $0 } }

  func add(_ loop: EventLoop.Handle) { handles.withLock { $0.append(loop) } }

  var load: ServerLoad? { servers.withLock { $0 } }

  func serve(_ load: ServerLoad) { servers.withLock { $0 = load } }

  /// What the server answered by itself, by status.
  var refusals: [Int: Int] { refused.withLock { $0 } }

  func countRefusal(_ status: Int) { refused.withLock { $0[status, default: 0] += 1 } }
}

/// How often the configuration was read again, and when it last took effect.
final class ReloadCounts: Sendable {
  private struct Counts {
    var done = 0
    var refused = 0
    var lastWorked = true
    var lastSuccessMilliseconds: Int64 = WallClock.now().milliseconds
  }

  private let counts = Guarded(Counts())

  var figures: (done: Int, refused: Int, lastWorked: Bool, lastSuccessMilliseconds: Int64) {
    counts.withLock { ($0.done, $0.refused, $0.lastWorked, $0.lastSuccessMilliseconds) }
  }

  func note(worked: Bool) {
    let now = WallClock.now().milliseconds
    counts.withLock { counts in
      counts.lastWorked = worked
      if worked {
        counts.done += 1
        counts.lastSuccessMilliseconds = now
      } else {
        counts.refused += 1
      }
    }
  }
}
