import CBytes

/// A name that objects of some kind had, and where in their order: a guess at the one that the next
/// of them has there. Items of a list nearly always write their members in one order, and one
/// comparison replaces stepping over a separator and a name, checking both and looking the name up.
struct KeyGuess {
  /// Where the byte before the name stands in the text: a comma, or the object's brace.
  private var offset: UInt32 = 0
  /// Bytes from there to the member's value.
  private(set) var length: UInt32 = 0
  /// Selects the bits of those bytes; or one that is always set where there is no guess.
  private var mask: UInt64 = Self.never
  /// What the projection wants of it.
  private(set) var member: UnsafeMutablePointer<JSONProjection.Member>?

  private static let never: UInt64 = 1 << 32

  /// No guess.
  init() {}

  /// Remembers a name that has been stepped over with what stands around it. One that is too long is
  /// no guess.
  init(
    from start: Int, to value: Int, _ member: UnsafeMutablePointer<JSONProjection.Member>?
  ) {
    self.member = member
    guard value &- start <= JSONScanner.blockLength else { return }
    offset = UInt32(truncatingIfNeeded: start)
    length = UInt32(truncatingIfNeeded: value &- start)
    mask = 1 &<< UInt64(length) &- 1
  }

  var isNone: Bool { mask == Self.never }

  /// Whether the same bytes stand at `position`: the name is then as valid, and as wanted, as it was.
  /// Reads a block from `position`, and one from the earlier place, which lies before. If so, the
  /// byte behind may be read, too.
  @inline(__always)
  func holds(at position: Int, in scanner: JSONScanner) -> Bool {
    guard position < scanner.lastBlock else { return false }
    let difference = bytes_difference(scanner.base + Int(offset), scanner.base + position)
    return (UInt64(difference) | Self.never) & mask == 0
  }
}
