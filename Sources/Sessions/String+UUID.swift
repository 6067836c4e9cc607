extension String {
  /// 8-4-4-4-12 hexadecimal digits (RFC 9562, 4), in either case.
  package var isUUID: Bool {
    let bytes = utf8
    guard bytes.count == 36 else { return false }
    return zip(0..., bytes).allSatisfy { index, byte in
      switch index {
      case 8, 13, 18, 23: byte == UInt8(ascii: "-")
      default: byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 6
      }
    }
  }
}
