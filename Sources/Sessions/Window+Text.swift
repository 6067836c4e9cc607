package import JSON

extension Window {
  /// Whether a token is a string of just this text.
  package func string(_ token: JSONToken, equals text: [UInt8]) -> Bool {
    switch token.kind {
    case .string: compareBytes(content(token), text) == 0
    case .escapedString: self.text(token).map { Array($0.utf8) == text } ?? false
    default: false
    }
  }

  /// A string token's text; nil for any other token.
  package func text(_ token: JSONToken) -> String? {
    switch token.kind {
    case .string: String(decoding: content(token), as: UTF8.self)
    case .escapedString: String(decoding: content(token), as: UTF8.self)
    default: nil
    }
  }

  /// The bytes between the quotes of a string token.
  private func content(_ token: JSONToken) -> UnsafeRawBufferPointer {
    storage[token.range.lowerBound + 1..<token.range.upperBound - 1]
  }
}
