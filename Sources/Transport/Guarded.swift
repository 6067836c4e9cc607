import Glibc

/// A value that threads share, behind a lock of POSIX. Not `Mutex`: when threads wait for that one the
/// kernel hands it over unseen by ThreadSanitizer, which then reports races that are none.
///
/// `@unchecked Sendable`: `value` is touched only between lock and unlock, and is `Sendable` itself.
package final class Guarded<Value: Sendable>: @unchecked Sendable {
  private let lock: UnsafeMutablePointer<pthread_mutex_t>
  private var value: Value

  package init(_ value: Value) {
    self.value = value
    lock = .allocate(capacity: 1)
    lock.initialize(to: pthread_mutex_t())
    pthread_mutex_init(lock, nil)
  }

  deinit {
    pthread_mutex_destroy(lock)
    lock.deinitialize(count: 1)
    lock.deallocate()
  }

  /// Short work only: whoever else wants the value waits meanwhile.
  package func withLock<T, E: Error>(_ body: (inout Value) throws(E) -> T) throws(E) -> T {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    return try body(&value)
  }
}
