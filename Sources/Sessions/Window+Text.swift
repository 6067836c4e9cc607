package import JSON

extension Window {
  /// Whether a token is a string of just this text.
  package func string(_ token: JSONToken, equals text: [UInt8]) -> Bool {
    token.isString
      && JSONText.withText(of: token, in: storage.bytes) { compareBytes($0, text) == 0 }
  }

  /// A string token's text; nil for any other token.
  package func text(_ token: JSONToken) -> String? {
    token.isString ? JSONText.string(of: token, in: storage.bytes) : nil
  }
}
