/// A value that the reader has passed: where it stands in the bytes that were read, and what it is.
/// Offsets count from the start of the buffer; a buffer of JSON is below 4 GiB by its size limit.
package struct JSONToken: Equatable, Sendable {
  package enum Kind: UInt8, Sendable {
    /// The member was not there.
    case absent
    case null, `true`, `false`, number
    /// A string without any escape: its bytes between the quotes are its value.
    case string
    /// A string with at least one escape.
    case escapedString
    case object, array
  }

  package var offset: UInt32
  /// Bytes, with the quotes or brackets.
  package var length: UInt32
  package var kind: Kind

  /// Both fit, by that limit.
  package init(offset: Int, length: Int, kind: Kind) {
    self.offset = UInt32(truncatingIfNeeded: offset)
    self.length = UInt32(truncatingIfNeeded: length)
    self.kind = kind
  }

  package static let absent = JSONToken(offset: 0, length: 0, kind: .absent)

  package var range: Range<Int> { Int(offset)..<Int(offset) + Int(length) }
  package var isString: Bool { kind == .string || kind == .escapedString }
  /// Neither absent nor null: the provider says something here.
  package var isPresent: Bool { kind != .absent && kind != .null }
}
