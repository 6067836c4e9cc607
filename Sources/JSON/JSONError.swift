/// Why bytes are not the JSON that was asked for, and where. Holds none of the text.
package struct JSONError: Error, Equatable, CustomStringConvertible {
  package enum Reason: String, Sendable {
    case unexpectedEnd = "the text ends early"
    case unexpectedByte = "unexpected byte"
    case controlCharacter = "control character in a string"
    case invalidEscape = "invalid escape in a string"
    case invalidUTF8 = "invalid UTF-8"
    case invalidNumber = "invalid number"
    case tooDeep = "nested too deep"
    case trailingBytes = "something follows the value"
    case tooLarge = "too large"
  }

  package var reason: Reason
  /// Bytes from the start of the text.
  package var offset: Int

  package init(_ reason: Reason, at offset: Int) {
    self.reason = reason
    self.offset = offset
  }

  package var description: String { "\(reason.rawValue) at byte \(offset)" }
}
