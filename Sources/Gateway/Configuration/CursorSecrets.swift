/// The keys for what signs cursors.
enum CursorSecrets {
  /// One that signs and those before it that still verify.
  private static let most = 4
  private static let allowed = "1 to \(most) secrets, each \(CredentialText.allowed)"

  static let key = GatewayKeys.Key(
    path: "cursor.secrets", ownVariable: "GATEWAY_CURSOR_SECRET", shape: .secretList,
    allowed: allowed,
    summary:
      "Sign cursors: the first signs, all verify. None: random, cursors end with the process."
  ) { content, root in
    // An empty list in the file is the default; an empty variable is somebody's lost secret.
    if case .list(let values) = content, values.isEmpty { return nil }
    return set(content.elements, &root)
  } text: { root in
    if root.cursor.isRandom { return "[]" }
    return "[\(root.cursor.secrets.map { _ in ConfigurationText.masked }.joined(separator: ", "))]"
  }

  static let fileKey = GatewayKeys.Key(
    path: "cursor.secretsFile", ownVariable: "GATEWAY_CURSOR_SECRET_FILE", shape: .text,
    allowed: "the path of a file with \(allowed), a line each",
    summary: "A file that holds them, a line each, instead."
  ) { content, root in
    guard case .text(let path) = content else { return "is a list" }
    do throws(SmallFile.Failure) {
      return set(separated(try SmallFile.contents(path)), &root)
    } catch {
      return error.problem
    }
  } text: { _ in
    nil
  }

  /// Shorter ones can be guessed.
  static let fewestBytes = 16

  private static func set(_ secrets: [String], _ root: inout GatewayConfiguration) -> String? {
    if secrets.isEmpty { return "holds no secret" }
    if secrets.count > most { return "holds \(secrets.count) secrets" }
    if let problem = secrets.lazy.compactMap(CredentialText.problem).first {
      return "holds a secret that \(problem)"
    }
    root.cursor.secrets = secrets.map { Array($0.utf8) }
    return nil
  }
}
