import CLinux
import Dispatch
import Glibc

/// One thread's share of the work: an epoll descriptor, its timers and the jobs that other threads
/// hand to it, run by a block on a Dispatch queue of its own until `stop()`.
///
/// A loop and everything registered with it belong to that one thread: none of it is `Sendable`, and
/// the compiler keeps it there. The only way in from outside is `handle.submit`.
///
/// Why no actor: a request starts, fans out, merges and ends within one loop, so isolation by
/// construction costs nothing, needs no `Task` per request and leaves no suspension point between a
/// readiness event and the parser that it feeds.
package final class EventLoop {
  /// What other threads may hold of this loop.
  package let handle: Handle
  /// Monotonic time at the start of the current turn. Every deadline counts from it.
  package private(set) var now: Instant
  private let clock: () -> Instant
  private let epoll: Int32
  private var slots: [Slot] = []
  private var freeSlots: [Int] = []
  private var timers = TimerHeap()
  private var deferred: [() -> Void] = []
  private var attachments: [ObjectIdentifier: AnyObject] = [:]
  private var running = true

  private struct Slot {
    var target: (any Pollable)?
    var generation: UInt32 = 0
  }

  /// - Parameter clock: the time that deadlines are held against; tests move one by hand.
  package init(clock: @escaping () -> Instant = Instant.now) {
    self.clock = clock
    epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    precondition(epoll >= 0, "epoll_create1 failed: no descriptor is left at start")
    handle = Handle()
    now = clock()
    let added = linux_epoll_ctl(epoll, EPOLL_CTL_ADD, handle.wake, EPOLLIN.rawValue, .max)
    precondition(added == 0, "epoll_ctl failed on a descriptor just made")
  }

  deinit { close(epoll) }

  // MARK: Readiness

  /// Watches `descriptor` for both directions, edge-triggered: `target` is told once when it becomes
  /// readable, writable or closed, and reads or writes until the kernel says EAGAIN.
  /// The loop keeps `target` alive until `unregister`. Throws errno as `TransportError.system`.
  package func register(
    _ descriptor: Int32, _ target: any Pollable
  ) throws(TransportError) -> Registration {
    let index = freeSlots.popLast() ?? slots.count
    if index == slots.count { slots.append(Slot()) }
    let registration = Registration(index: index, generation: slots[index].generation)
    let interest = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
    guard linux_epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, interest, registration.token) == 0
    else {
      freeSlots.append(index)
      throw .system(call: "epoll_ctl", errno: errno)
    }
    slots[index].target = target
    return registration
  }

  /// Stops watching. Events of this registration that the kernel has already reported are dropped.
  /// Call it before the descriptor is closed.
  package func unregister(_ registration: Registration, _ descriptor: Int32) {
    guard registration.index < slots.count,
      slots[registration.index].generation == registration.generation,
      slots[registration.index].target != nil
    else { return }
    _ = linux_epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, 0, 0)
    slots[registration.index].target = nil
    slots[registration.index].generation &+= 1
    freeSlots.append(registration.index)
  }

  // MARK: Timers and jobs

  /// Arms `timer`, or moves it when it is armed already. It fires once, at or after `deadline`.
  package func schedule(_ timer: LoopTimer, at deadline: Instant) {
    timers.schedule(timer, at: deadline)
  }

  package func schedule(_ timer: LoopTimer, after delay: Duration) {
    timers.schedule(timer, at: now + delay)
  }

  package func cancel(_ timer: LoopTimer) {
    timers.cancel(timer)
  }

  /// Runs `work` at the end of the current turn, before the loop sleeps: for what must not happen in
  /// the middle of a caller's own state change.
  package func `defer`(_ work: @escaping () -> Void) {
    deferred.append(work)
  }

  /// Keeps one object of a type for jobs from other threads to find: `loop.attached(Server.self)`.
  package func attach<T: AnyObject>(_ object: T) {
    attachments[ObjectIdentifier(T.self)] = object
  }

  package func attached<T: AnyObject>(_ type: T.Type) -> T? {
    attachments[ObjectIdentifier(type)] as? T
  }

  /// Ends `run` after the current turn.
  package func stop() { running = false }

  // MARK: Running

  /// Turns until `stop()`: waits for readiness, fires timers, runs jobs and deferred work.
  package func run() {
    withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: 256) { events in
      while running { turn(events) }
    }
    // Moved out first: what dies with them unregisters itself, which must not happen while the
    // collection that held it is being changed.
    let leftovers = (attachments, deferred, slots)
    (attachments, deferred, slots) = ([:], [], [])
    withExtendedLifetime(leftovers) {}
  }

  /// One turn that waits at most `limit`; for tests that drive a loop by hand.
  package func turn(waitingAtMost limit: Duration) {
    let guardTimer = LoopTimer {}
    schedule(guardTimer, after: limit)
    withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: 256) { turn($0) }
    cancel(guardTimer)
  }

  private func turn(_ events: UnsafeMutableBufferPointer<epoll_event>) {
    let timeout = deferred.isEmpty ? timers.millisecondsToFirst(from: clock()) : 0
    let ready = epoll_wait(epoll, events.baseAddress, Int32(events.count), timeout)
    now = clock()
    var woken = false
    for index in 0..<max(0, Int(ready)) {
      let token = withUnsafePointer(to: events[index]) { linux_epoll_data($0) }
      if token == .max {
        woken = true
        continue
      }
      let slot = Int(token & 0xFFFF_FFFF)
      guard slot < slots.count, slots[slot].generation == UInt32(token >> 32) else { continue }
      slots[slot].target?.ready(Readiness(events: events[index].events))
    }
    if woken { for job in handle.takeJobs() { job(self) } }
    while let timer = timers.popDue(at: now) { timer.fire() }
    while !deferred.isEmpty {
      let batch = deferred
      deferred.removeAll(keepingCapacity: true)
      for work in batch { work() }
    }
  }
}

extension EventLoop {
  /// The part of a loop that other threads may hold. Jobs run on the loop's thread, in order of
  /// submission, and are handed the loop; they are dropped once it has stopped.
  package final class Handle: Sendable {
    fileprivate let wake: Int32
    private let jobs = Guarded<[@Sendable (EventLoop) -> Void]>([])

    fileprivate init() {
      wake = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
      precondition(wake >= 0, "eventfd failed: no descriptor is left at start")
    }

    deinit { close(wake) }

    package func submit(_ job: @escaping @Sendable (EventLoop) -> Void) {
      let first = jobs.withLock { jobs in
        jobs.append(job)
        return jobs.count == 1
      }
      if first { _ = eventfd_write(wake, 1) }
    }

    fileprivate func takeJobs() -> [@Sendable (EventLoop) -> Void] {
      var value: eventfd_t = 0
      _ = eventfd_read(wake, &value)
      return jobs.withLock { jobs in
        defer { jobs = [] }
        return jobs
      }
    }
  }

  /// Names one registered descriptor; a generation tells it from a later user of the same slot.
  package struct Registration {
    fileprivate let index: Int
    fileprivate let generation: UInt32
    fileprivate var token: UInt64 { UInt64(generation) << 32 | UInt64(index) }
  }

  /// Starts a loop on a Dispatch queue of its own; `setUp` runs there first, and `ended` after it.
  package static func start(
    name: String, setUp: @escaping @Sendable (EventLoop) -> Void,
    ended: @escaping @Sendable () -> Void = {}
  ) {
    DispatchQueue(label: name).async {
      let loop = EventLoop()
      setUp(loop)
      loop.run()
      ended()
    }
  }
}

/// Something that epoll watches. `ready` is called on the loop's thread.
package protocol Pollable: AnyObject {
  func ready(_ readiness: Readiness)
}

/// What epoll reported, in its own bits.
///
/// No `OptionSet`: what that is asked goes through witnesses in other modules, on every event.
package struct Readiness {
  private let events: UInt32
  init(events: UInt32) { self.events = events }

  /// For an owner that tries to write before it is told that it can.
  package static let writable = Readiness(events: EPOLLOUT.rawValue)

  package var isReadable: Bool { events & EPOLLIN.rawValue != 0 }
  package var isWritable: Bool { events & EPOLLOUT.rawValue != 0 }
  /// The peer has shut its sending side.
  package var isReadClosed: Bool { events & EPOLLRDHUP.rawValue != 0 }
  /// Both sides are gone, or the descriptor is in error; reading tells which.
  package var isHungUp: Bool { events & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 }
}
