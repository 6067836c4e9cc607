extension ConfigurationReading {
  /// The tokens of the file, then those of the environment.
  mutating func addTokens(
    _ entries: [ConfigurationEntries.Entry], _ variables: EnvironmentVariables
  ) {
    for entry in entries {
      var draft = TokenDraft()
      apply(entry.values, of: TokenKeys.all, to: &draft)
      let given = Set(entry.values.map(\.path))
      if !given.contains("name") { note(entry.place, "has no name") }
      if given.isDisjoint(with: ["token", "tokenFile", "tokenSHA256"]) {
        note(
          entry.place, "has no token", allowed: "one of token, tokenFile and tokenSHA256")
      }
      if let token = draft.token { add(token, entry.place) }
    }
    addFromEnvironment(variables)
  }

  private mutating func addFromEnvironment(_ variables: EnvironmentVariables) {
    var draft = TokenDraft()
    if let permissions = variables.tokenPermissions {
      apply([permissions], of: TokenKeys.all, to: &draft)
    }
    guard let (place, tokens) = variables.tokens else { return }
    if tokens.isEmpty {
      note(place, "holds no token", allowed: "tokens between commas or line ends")
    }
    var digests: Set<[UInt8]> = []
    for (index, token) in tokens.enumerated() {
      if let problem = CredentialText.problem(token) {
        note(
          place, "holds, as number \(index + 1), a token that \(problem)",
          allowed: CredentialText.allowed)
        continue
      }
      let digest = CallerToken.digest(token.utf8)
      // The old and the new one may be the same while they are being changed.
      guard digests.insert(digest).inserted else { continue }
      if token.utf8.count < Self.fewestTokenCharacters {
        warn(
          "\(place) holds, as number \(index + 1), a token of fewer than"
            + " \(Self.fewestTokenCharacters) characters, which can be guessed")
      }
      add(
        CallerToken(
          name: "token-\(index + 1)", sha256: digest, permissions: draft.permissions), place)
    }
  }

  private static var fewestTokenCharacters: Int { 16 }

  private mutating func add(_ token: CallerToken, _ place: String) {
    if configuration.auth.tokens.contains(where: { $0.name == token.name }) {
      note(place, "has the name \(token.name) once more", allowed: "a name of its own")
    }
    if let same = configuration.auth.tokens.first(where: { $0.sha256 == token.sha256 }) {
      note(place, "has the same token as \(same.name)", allowed: "a token of its own")
    }
    configuration.auth.tokens.append(token)
  }
}
