import CBytes
import Support
import Testing

@testable import JSON

@Suite struct SpecialBytesTests {
  /// Every position of texts of every length around a block's, told with the widest vectors that this
  /// processor has.
  @Test(arguments: 0..<UInt64(40))
  func tellsWhatEndsAPlainRun(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for length in 0...200 {
      let text = Self.text(length, &generator)
      let special = text.withUnsafeBufferPointer { text in
        var none: UInt8 = 0
        return withUnsafePointer(to: &none) { none in
          SpecialBytes(base: text.baseAddress ?? none, end: length)
        }
      }
      defer { special.deallocate() }
      for position in 0...length {
        let reach = min(length, SpecialBytes.reach(position))
        #expect(reach >= min(length, position + 57))
        let expected = (position..<reach).reduce(into: 0 as UInt64) { bits, index in
          if Self.isSpecial(text[index]) { bits |= 1 << UInt64(index - position) }
        }
        let told = special.from(position)
        let isTold: UInt64 = reach - position >= 64 ? .max : 1 << UInt64(reach - position) - 1
        #expect(told & isTold == expected, "seed \(seed), \(position) of \(length)")
        // Behind the end nothing is.
        if reach == length { #expect(told == expected, "seed \(seed), \(position) of \(length)") }
      }
    }
  }

  /// What a processor without the wide ones comes to is the same.
  @Test(arguments: 0..<UInt64(40))
  func vectorsOfEitherWidthAgree(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let blocks = 8
    let text = Self.text(32 * blocks, &generator)
    var (widest, narrow) = (
      [UInt32](repeating: 0, count: blocks), [UInt32](repeating: 0, count: blocks)
    )
    bytes_mark_special(text, blocks, &widest)
    bytes_mark_special_by16(text, blocks, &narrow)
    #expect(widest == narrow, "seed \(seed)")
    for (index, byte) in text.enumerated() {
      let bit = narrow[index / 32] >> UInt32(index % 32) & 1
      #expect((bit == 1) == Self.isSpecial(byte), "seed \(seed), byte \(byte)")
    }
  }

  /// Mostly plain, with all the borders.
  private static func text(_ length: Int, _ generator: inout SeededGenerator) -> [UInt8] {
    let borders: [UInt8] = [0x00, 0x1F, 0x20, 0x21, 0x22, 0x23, 0x5B, 0x5C, 0x5D, 0x7F, 0x80, 0xFF]
    return (0..<length).map { _ in
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: borders.randomElement(using: &generator) ?? 0
      case 1: .random(in: .min ... .max, using: &generator)
      default: .random(in: 0x61...0x7A, using: &generator)
      }
    }
  }

  private static func isSpecial(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte >= 0x80 || byte == 0x22 || byte == 0x5C
  }
}
