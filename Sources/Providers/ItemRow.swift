import JSON
import Sessions

/// The wanted members of one item of an answer, read by type: what is missing, null or of another
/// type than asked for is absent. `Slot` numbers a projection's item paths.
struct ItemRow<Slot: RawRepresentable> where Slot.RawValue == Int {
  let tokens: UnsafeBufferPointer<JSONToken>
  let source: UnsafeRawBufferPointer

  @inline(__always)
  func token(_ slot: Slot) -> JSONToken { tokens[slot.rawValue] }

  /// The item as a whole.
  var item: JSONToken { tokens[tokens.count - 1] }

  @inline(__always)
  func string(_ slot: Slot) -> JSONToken {
    let token = token(slot)
    return token.isText ? token : .absent
  }

  @inline(__always)
  func number(_ slot: Slot) -> JSONToken {
    let token = token(slot)
    return token.isNumber ? token : .absent
  }

  @inline(__always)
  func integer(_ slot: Slot) -> JSONToken {
    let token = token(slot)
    return JSONText.isInteger(token, in: source) ? token : .absent
  }

  @inline(__always)
  func boolean(_ slot: Slot) -> JSONToken {
    let token = token(slot)
    return token.isBoolean ? token : .absent
  }

  func time(_ slot: Slot) -> Timestamp? {
    let token = token(slot)
    guard token.isText else { return nil }
    if !token.isEscaped { return Timestamp(JSONText.content(of: token, in: source), .upstream) }
    return JSONText.withText(of: token, in: source) { Timestamp($0, .upstream) }
  }

  func milliseconds(_ slot: Slot) -> Int64? {
    JSONText.integer(of: token(slot), in: source)
  }

  /// Whether a token is a string with exactly this text. Most are told apart by their length.
  @inline(__always)
  func `is`(_ token: JSONToken, _ word: StaticString) -> Bool {
    guard token.isEscaped || Int(token.length) == word.utf8CodeUnitCount + 2 else { return false }
    return JSONText.matches(token, in: source, word)
  }
}

/// Asked of some dozens of tokens a session. Here, and with `switch`: what another module defines is
/// a call, `==` of its enumeration even one through its conformance.
extension JSONToken {
  var isText: Bool {
    switch kind {
    case .string, .escapedString: true
    default: false
    }
  }

  var isEscaped: Bool {
    switch kind {
    case .escapedString: true
    default: false
    }
  }

  var isNumber: Bool {
    switch kind {
    case .number: true
    default: false
    }
  }

  var isBoolean: Bool {
    switch kind {
    case .true, .false: true
    default: false
    }
  }

  var isObject: Bool {
    switch kind {
    case .object: true
    default: false
    }
  }
}

extension Session {
  /// Fills in the time between start and end, where both are known.
  mutating func takeDurationFromTimes() {
    guard let startedAt, let endedAt else { return }
    durationMilliseconds = endedAt.milliseconds - startedAt.milliseconds
  }
}
