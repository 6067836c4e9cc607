/// A growable block of raw memory with bytes at its front: what sockets are read into, what JSON is
/// read from, and what answers are written to. Held by reference, so that a body of some hundred
/// kilobytes is never copied on its way from the socket to the page that is cut from it.
///
/// Not thread-safe and not `Sendable`: one owner writes. Whoever shares a finished buffer wraps it
/// in a type that never writes to it again and says so.
///
/// `@exclusivity(unchecked)`: no method hands out one of its own properties `inout`, so accesses
/// never overlap; checking each at run time costs more than the bytes written.
package final class ByteBuffer {
  @exclusivity(unchecked) @usableFromInline
  package internal(set) var base: UnsafeMutableRawPointer
  @exclusivity(unchecked) @usableFromInline
  package internal(set) var capacity: Int
  @exclusivity(unchecked) @usableFromInline
  package internal(set) var used: Int

  /// Number of bytes written.
  @inlinable package var count: Int { used }
  @inlinable package var isEmpty: Bool { used == 0 }

  /// - Parameter capacity: bytes to reserve, at least 64.
  package init(capacity: Int = 256) {
    self.capacity = max(64, capacity)
    base = HeapMemory.allocate(self.capacity)
    used = 0
  }

  package convenience init(_ bytes: some Collection<UInt8>) {
    self.init(capacity: bytes.count)
    append(contentsOf: bytes)
  }

  package convenience init(_ text: String) {
    self.init(text.utf8)
  }

  deinit { HeapMemory.free(base) }

  /// The written bytes. Valid until the next call that writes, and only while the buffer lives.
  @inlinable package var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: base, count: used)
  }

  package subscript(range: Range<Int>) -> UnsafeRawBufferPointer {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= used, "range beyond the written bytes")
    return UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count)
  }

  /// Makes room for `extra` more bytes, at least doubling when it has to move.
  @inlinable package func reserve(_ extra: Int) {
    if used + extra > capacity { grow(by: extra) }
  }

  @usableFromInline package func grow(by extra: Int) {
    let wanted = max(capacity * 2, used + extra)
    base = HeapMemory.grow(base, to: wanted)
    capacity = wanted
  }

  /// Lets `fill` write into free space of at least `minimum` bytes; it returns how many it wrote.
  @discardableResult
  package func appendUnsafe(
    minimum: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Int
  ) -> Int {
    reserve(minimum)
    let space = UnsafeMutableRawBufferPointer(start: base + used, count: capacity - used)
    let written = fill(space)
    precondition(written >= 0 && written <= space.count, "wrote beyond the space given")
    used += written
    return written
  }

  @inlinable package func append(_ byte: UInt8) {
    reserve(1)
    base.storeBytes(of: byte, toByteOffset: used, as: UInt8.self)
    advance(1)
  }

  @inlinable package func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress, bytes.count > 0 else { return }
    reserve(bytes.count)
    (base + used).copyMemory(from: source, byteCount: bytes.count)
    advance(bytes.count)
  }

  @inlinable package func append(_ text: StaticString) {
    append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Disfavored, so that a literal is a `StaticString`, which costs no call into the runtime.
  @_disfavoredOverload
  package func append(_ text: String) {
    var text = text
    text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
  }

  package func append(contentsOf bytes: some Collection<UInt8>) {
    let copied: Void? = bytes.withContiguousStorageIfAvailable {
      append(UnsafeRawBufferPointer($0))
    }
    if copied == nil { for byte in bytes { append(byte) } }
  }

  /// Appends the decimal digits of `number`.
  package func append(decimal number: Int) { append(decimal: Int64(number)) }

  package func append(decimal number: Int64) {
    if number < 0 { append(UInt8(ascii: "-")) }
    append(decimal: UInt64(number.magnitude))
  }

  package func append(decimal number: UInt64) {
    var magnitude = number
    withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { digits in
      var start = 20
      repeat {
        start -= 1
        digits[start] = UInt8(truncatingIfNeeded: magnitude % 10) + 0x30
        magnitude /= 10
      } while magnitude > 0
      append(UnsafeRawBufferPointer(rebasing: digits[start..<20]))
    }
  }

  @inlinable package func advance(_ count: Int) {
    used += count
  }

  /// Forgets everything after the first `count` bytes; the memory stays.
  package func truncate(to count: Int) {
    precondition(count >= 0 && count <= used, "cannot grow by truncating")
    used = count
  }

  /// Drops the first `count` bytes and moves the rest to the front.
  package func removeFirst(_ count: Int) {
    precondition(count >= 0 && count <= used, "fewer bytes than that")
    used -= count
    if used > 0 { base.copyMemory(from: base + count, byteCount: used) }
  }

  /// The bytes as text; invalid UTF-8 becomes U+FFFD. For messages and tests, not for hot paths.
  package var text: String { String(decoding: bytes, as: UTF8.self) }
}
