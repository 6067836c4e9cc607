/// What a credential may be made of. It becomes the value of a header field, so anything else could
/// end that field and begin another.
enum CredentialText {
  /// Longer than the keys and signed tokens in use, short enough for any server's head limit.
  static let longest = 4_096

  static let allowed = "1 to \(longest) visible ASCII characters without blanks"

  /// What is wrong with it, without any of it.
  static func problem(_ text: String) -> String? {
    if text.isEmpty { return "is empty" }
    if text.utf8.count > longest { return "is longer than \(longest) characters" }
    if text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
      return "holds a control character or a line end"
    }
    if text.utf8.contains(0x20) { return "holds a blank" }
    if text.utf8.contains(where: { $0 > 0x7E }) { return "holds a character beyond ASCII" }
    return nil
  }

  /// The credential that is the only line of the file at `path`.
  static func read(_ path: String) throws(SmallFile.Failure) -> String {
    var text = Substring(try SmallFile.contents(path))
    while let last = text.last, last.isNewline { text.removeLast() }
    let credential = String(text)
    if let problem = problem(credential) {
      throw SmallFile.Failure(problem: "names a file whose text \(problem)")
    }
    return credential
  }
}
