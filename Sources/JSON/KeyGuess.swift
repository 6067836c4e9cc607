/// The name that an object of some kind had at some place, last time: a guess at the one that its
/// next sibling has there. Items of a list nearly always write their members in one order, and two
/// loads that compare equal replace stepping over a name, checking it and looking it up.
struct KeyGuess {
  /// Where the name's opening quote stands in the text.
  private var offset: UInt32 = 0
  /// Bytes from that quote to the colon, both included; 0 when there is no guess.
  private(set) var length: UInt32 = 0
  /// Selects the bytes of `length` among the first sixteen.
  private var mask = SIMD2<UInt64>()
  /// What the projection wants of it.
  private(set) var member: UnsafeMutablePointer<JSONProjection.Member>?

  init() {}

  /// Remembers a name that has been stepped over. One that is too long, or apart from its colon, is
  /// not worth a guess.
  init(
    _ key: JSONScanner.Key, _ member: UnsafeMutablePointer<JSONProjection.Member>?,
    in scanner: JSONScanner
  ) {
    self.member = member
    let total = key.end &- key.start &+ 3
    guard total <= 32, scanner.base[key.end &+ 1] == UInt8(ascii: ":") else { return }
    offset = UInt32(truncatingIfNeeded: key.start &- 1)
    length = UInt32(truncatingIfNeeded: total)
    mask = SIMD2(Self.mask(total), Self.mask(max(0, total &- 8)))
  }

  private static func mask(_ bytes: Int) -> UInt64 {
    bytes >= 8 ? .max : (1 << UInt64(8 * bytes)) - 1
  }

  /// Whether the same bytes stand at `position`: the name is then as valid, and as wanted, as it was.
  /// Reads 32 bytes from `position` at most, and as many from the earlier place, which lies before.
  @inline(__always)
  func holds(at position: Int, in scanner: JSONScanner) -> Bool {
    guard length > 0, scanner.end &- position >= 32 else { return false }
    let earlier = UnsafeRawPointer(scanner.base + Int(offset))
    let current = UnsafeRawPointer(scanner.base + position)
    // The last sixteen bytes; the first sixteen again when there are no more.
    let tail = max(0, Int(length) &- 16)
    let heads = Self.load(earlier) ^ Self.load(current)
    let tails = Self.load(earlier + tail) ^ Self.load(current + tail)
    let difference = (heads | tails) & mask
    return difference[0] | difference[1] == 0
  }

  @inline(__always)
  private static func load(_ pointer: UnsafeRawPointer) -> SIMD2<UInt64> {
    let words = pointer.loadUnaligned(as: SIMD2<UInt64>.self)
    return SIMD2(words[0].littleEndian, words[1].littleEndian)
  }
}
