import Bytes

/// Ids in the providers' forms. An id is a keyed bijection of a small number, so that it looks like
/// chance and yet names its row without an index of ids.
struct Identity: Sendable {
  enum Form: Sendable {
    /// 24 characters, a letter first (Alcamine).
    case cuid
    /// Version 4 (Anam).
    case uuid
    /// `asset_` and 16 characters (Athena).
    case asset
  }

  /// What a number counts; ids of different kinds never collide.
  enum Kind: UInt8, Sendable {
    case session, workspace, agent, agentVersion, theme, knowledgeBase, flow, person, conversation
    case ledger, trace, user, persona, apiKey, organization, model, thread, procedure, application
  }

  let form: Form
  let seed: UInt64

  func text(_ kind: Kind, _ number: UInt32) -> String {
    let buffer = ByteBuffer(capacity: 64)
    append(kind, number, to: buffer)
    return buffer.text
  }

  func append(_ kind: Kind, _ number: UInt32, to buffer: ByteBuffer) {
    let payload = Dice.mix((UInt64(kind.rawValue) << 32 | UInt64(number)) ^ Dice.mix(seed))
    let filler = Dice.mix(payload ^ 0xA5A5_A5A5_5A5A_5A5A)
    switch form {
    case .cuid:
      buffer.append(UInt8(ascii: "a") + UInt8(filler % 26))
      append(base36: payload, digits: 13, to: buffer)
      append(base36: filler / 26, digits: 10, to: buffer)
    case .uuid:
      append(uuid: payload, filler, to: buffer)
    case .asset:
      buffer.append("asset_")
      append(base36: payload, digits: 13, to: buffer)
      append(base36: filler, digits: 3, to: buffer)
    }
  }

  /// The number behind the id of a session; nil when no session ever had this id.
  func session(_ id: String) -> UInt32? {
    let bytes = Array(id.utf8)
    let payload: UInt64?
    switch form {
    case .cuid: payload = bytes.count == 24 ? number(bytes[1..<14], base: 36) : nil
    case .uuid:
      payload =
        bytes.count == 36
        ? number(bytes[0..<8] + bytes[9..<13] + bytes[15..<18] + bytes[20..<21], base: 16) : nil
    case .asset: payload = bytes.count == 22 ? number(bytes[6..<19], base: 36) : nil
    }
    guard let payload else { return nil }
    let numbered = Dice.unmix(payload) ^ Dice.mix(seed)
    guard numbered >> 32 == UInt64(Kind.session.rawValue) else { return nil }
    let serial = UInt32(truncatingIfNeeded: numbered)
    return text(.session, serial) == id ? serial : nil
  }

  private func append(base36 value: UInt64, digits: Int, to buffer: ByteBuffer) {
    var left = value
    for _ in 0..<digits {
      let digit = UInt8(left % 36)
      buffer.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
      left /= 36
    }
  }

  /// The payload's 16 digits stand around the version and before the filler.
  private func append(uuid payload: UInt64, _ filler: UInt64, to buffer: ByteBuffer) {
    var payloadDigits = (0..<16).map { hexadecimal(UInt8(payload >> (4 * $0) & 15)) }[...]
    var fillerDigits = (0..<16).map { hexadecimal(UInt8(filler >> (4 * $0) & 15)) }[...]
    for position in 0..<36 {
      switch position {
      case 8, 13, 18, 23: buffer.append(UInt8(ascii: "-"))
      case 14: buffer.append(UInt8(ascii: "4"))
      case 19: buffer.append(hexadecimal(8 | UInt8(filler >> 60 & 3)))
      case 0...17, 20: buffer.append(payloadDigits.removeFirst())
      default: buffer.append(fillerDigits.removeFirst())
      }
    }
  }

  private func number(_ digits: ArraySlice<UInt8>, base: UInt64) -> UInt64? {
    var number: UInt64 = 0
    for byte in digits.reversed() {
      let digit: UInt64
      switch byte {
      case 0x30...0x39: digit = UInt64(byte - 0x30)
      case 0x61...0x7A: digit = UInt64(byte - 0x57)
      default: return nil
      }
      guard digit < base else { return nil }
      let (product, tooLarge) = number.multipliedReportingOverflow(by: base)
      let (sum, tooLargeStill) = product.addingReportingOverflow(digit)
      if tooLarge || tooLargeStill { return nil }
      number = sum
    }
    return number
  }
}

private func hexadecimal(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 0x30 + nibble : 0x57 + nibble }
