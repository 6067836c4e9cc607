import Sessions

/// Cursors: what is accepted is exactly what we write, as bytes and as text, and nobody signs but us.
enum CursorFuzz {
  private static let signer = CursorSigner(
    secrets: [Array("a secret of the fuzzer".utf8)], lifetime: .seconds(3_600))

  static func check(_ bytes: [UInt8]) throws(Finding) {
    try checkText(String(decoding: bytes, as: UTF8.self))
    try checkText(Base64URL.encode(bytes))
    try expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes, "base64url's round trip")
    guard let cursor = Cursor(encoded: bytes) else { return }
    try expect(cursor.encoded() == bytes, "another way to write the cursor \(cursor)")

    let text = signer.text(cursor)
    try expect(outcome(text, cursor) == .success(cursor), "signed, and not read: \(text)")
    var other = cursor
    other.query ^= 1
    try expect(outcome(text, other) == .failure(.mismatch), "read for another query")
    // One changed character each, all over the text.
    let characters = Array(text.utf8)
    for index in stride(from: 0, to: characters.count, by: max(1, characters.count / 16)) {
      var changed = characters
      changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
      try expect(
        outcome(String(decoding: changed, as: UTF8.self), cursor) == .failure(.invalid),
        "changed at \(index), and read")
    }
  }

  private static func checkText(_ text: String) throws(Finding) {
    guard let bytes = Base64URL.decode(text) else { return }
    try expect(Base64URL.encode(bytes) == text, "two texts for one cursor: \(text)")
  }

  private static func outcome(
    _ text: String, _ cursor: Cursor
  ) -> Result<Cursor, CursorSigner.Refusal> {
    do throws(CursorSigner.Refusal) {
      return .success(try signer.cursor(text, query: cursor.query, now: cursor.issuedAt))
    } catch {
      return .failure(error)
    }
  }
}
