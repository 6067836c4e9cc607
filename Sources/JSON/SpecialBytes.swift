import Bytes
import CBytes

/// Which bytes of a document may end a plain run of a string: a quote, a backslash, a control character
/// or one beyond ASCII. One bit for each byte, all found before the document is read: there, to look
/// for the end of each string would wait for the end of the one before.
///
/// Bits are stored as integers of 32 and read at any byte: both processors are little-endian.
struct SpecialBytes {
  private let bits: UnsafeMutablePointer<UInt32>

  /// Bytes whose bits make one integer.
  private static let blockLength = 32

  /// Looks at `end` bytes from `base`. The caller deallocates it.
  init(base: UnsafePointer<UInt8>, end: Int) {
    let blocks = end / Self.blockLength
    // The last block is filled up with what is not special. A word may be read from the byte that the
    // bit of `end` is in.
    bits = HeapMemory.allocate((blocks + 3) * MemoryLayout<UInt32>.stride)
      .bindMemory(to: UInt32.self, capacity: blocks + 3)
    bytes_mark_special(base, blocks, bits)
    var last = InlineArray<32, UInt8>(repeating: UInt8(ascii: " "))
    for offset in 0..<end % Self.blockLength {
      last[offset] = base[blocks &* Self.blockLength &+ offset]
    }
    last.span.withUnsafeBufferPointer { last in
      if let start = last.baseAddress { bytes_mark_special(start, 1, bits + blocks) }
    }
    bits[blocks + 1] = 0
    bits[blocks + 2] = 0
  }

  func deallocate() { HeapMemory.free(bits) }

  /// The lowest bit stands for the byte at `position`, which is `end` at most, and the next ones for
  /// those before `reach(position)` and before `end`.
  @inline(__always)
  func from(_ position: Int) -> UInt64 {
    (UnsafeRawPointer(bits) + position &>> 3).loadUnaligned(as: UInt64.self)
      &>> UInt64(truncatingIfNeeded: position & 7)
  }

  /// The first position that `from(position)` says nothing about.
  @inline(__always)
  static func reach(_ position: Int) -> Int { (position & ~7) &+ 64 }
}
