import Dispatch

/// A counting semaphore whose wait ends after ten seconds.
struct Semaphore: Sendable {
  private let semaphore = DispatchSemaphore(value: 0)
  func signal() { semaphore.signal() }
  func wait() -> Bool { semaphore.wait(timeout: .now() + 10) == .success }
}
