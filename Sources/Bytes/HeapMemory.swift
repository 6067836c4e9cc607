import Glibc

/// Memory of the C library, aligned for anything of up to sixteen bytes. `allocate` of Swift's pointers
/// asks for an alignment each time, even the usual one, and the C library serves such requests from
/// none of its caches.
package enum HeapMemory {
  /// - Parameter byteCount: at least 1.
  package static func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer {
    guard let memory = malloc(byteCount) else { preconditionFailure("out of memory") }
    return memory
  }

  /// Makes a block larger, and moves it if it must. What it held stays, as bytes.
  package static func grow(
    _ memory: UnsafeMutableRawPointer, to byteCount: Int
  ) -> UnsafeMutableRawPointer {
    guard let grown = realloc(memory, byteCount) else { preconditionFailure("out of memory") }
    return grown
  }

  /// For what `allocate` or `grow` gave, once.
  package static func free(_ memory: UnsafeMutableRawPointer) { Glibc.free(memory) }
}
