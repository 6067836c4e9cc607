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
    return token.isString ? token : .absent
  }

  @inline(__always)
  func number(_ slot: Slot) -> JSONToken {
    let token = token(slot)
    return token.kind == .number ? token : .absent
  }

  @inline(__always)
  func integer(_ slot: Slot) -> JSONToken {
    let token = token(slot)
    return JSONText.isInteger(token, in: source) ? token : .absent
  }

  @inline(__always)
  func boolean(_ slot: Slot) -> JSONToken {
    let token = token(slot)
    return token.kind == .true || token.kind == .false ? token : .absent
  }

  func time(_ slot: Slot) -> Timestamp? {
    let token = token(slot)
    guard token.isString else { return nil }
    return JSONText.withText(of: token, in: source) { Timestamp($0, .upstream) }
  }

  func milliseconds(_ slot: Slot) -> Int64? {
    JSONText.integer(of: token(slot), in: source)
  }

  @inline(__always)
  func `is`(_ token: JSONToken, _ word: StaticString) -> Bool {
    JSONText.matches(token, in: source, word)
  }
}

extension Session {
  /// Fills in the time between start and end, where both are known.
  mutating func takeDurationFromTimes() {
    guard let startedAt, let endedAt else { return }
    durationMilliseconds = endedAt.milliseconds - startedAt.milliseconds
  }
}
