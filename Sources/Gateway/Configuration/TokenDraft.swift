/// A caller's token while its description is read.
struct TokenDraft: Sendable {
  var name: String?
  var sha256: [UInt8]?
  var permissions: CallerToken.Permissions = []
  var requestsPerSecond: Int?

  init() {}

  init(_ token: CallerToken) {
    name = token.name
    sha256 = token.sha256
    permissions = token.permissions
    requestsPerSecond = token.requestsPerSecond
  }

  /// Nil while something that has no default is missing.
  var token: CallerToken? {
    guard let name, let sha256 else { return nil }
    return CallerToken(
      name: name, sha256: sha256, permissions: permissions, requestsPerSecond: requestsPerSecond)
  }
}

/// Every key of an entry of `auth.tokens`, in the file's order.
enum TokenKeys {
  typealias Key = ConfigurationKey<TokenDraft>

  static let all: [Key] = [
    .text(
      "name", \.name, allowed: "1 to 64 of A-Z, a-z, 0-9, ., _ and -",
      "Who it is, in logs and metrics.", where: isName),
    Key(
      path: "token", ownVariable: nil, shape: .secret, allowed: CredentialText.allowed,
      summary: "The token; ${VARIABLE} takes it from the environment."
    ) { content, root in
      guard case .text(let token) = content else { return "is a list" }
      if let problem = CredentialText.problem(token) { return problem }
      root.sha256 = CallerToken.digest(token.utf8)
      return nil
    } text: {
      $0.sha256.map { _ in ConfigurationText.masked }
    },
    Key(
      path: "tokenFile", ownVariable: nil, shape: .text,
      allowed: "the path of a file with the token alone: \(CredentialText.allowed)",
      summary: "A file that holds it, instead."
    ) { content, root in
      guard case .text(let path) = content else { return "is a list" }
      do throws(SmallFile.Failure) {
        root.sha256 = CallerToken.digest(try CredentialText.read(path).utf8)
        return nil
      } catch {
        return error.problem
      }
    } text: { _ in
      nil
    },
    Key(
      path: "tokenSHA256", ownVariable: nil, shape: .secret,
      allowed: "64 hexadecimal digits: SHA-256 of the token",
      summary: "Its SHA-256 in hexadecimal, instead."
    ) { content, root in
      guard case .text(let text) = content else { return "is a list" }
      guard let digest = hexadecimal(text), digest.count == 32 else { return "is not allowed" }
      root.sha256 = digest
      return nil
    } text: { _ in
      nil
    },
    permissions,
    .optionalInteger(
      "requestsPerSecond", \.requestsPerSecond, 1...1_000_000,
      "What this caller may ask, at most; more is answered 429. None: no limit of its own."),
  ]

  static let permissions = Key(
    path: "permissions", ownVariable: "GATEWAY_TOKEN_PERMISSIONS", shape: .list,
    allowed: CallerToken.Permissions.names.map(\.name).joined(separator: ", "),
    summary: "contact shows e-mail, telephone and message previews; raw shows all there is."
  ) { content, root in
    root.permissions = []
    for word in content.elements {
      guard let known = CallerToken.Permissions.names.first(where: { $0.name == word }) else {
        return "\(quoted(word)) is not allowed"
      }
      root.permissions.formUnion(known.permission)
    }
    return nil
  } text: {
    "[\($0.permissions.words.joined(separator: ", "))]"
  }

  static func isName(_ text: String) -> Bool {
    1...64 ~= text.utf8.count
      && text.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "._-".utf8.contains(byte)
        }
      }
  }

  private static func hexadecimal(_ text: String) -> [UInt8]? {
    let digits = text.utf8.compactMap { byte in Character(Unicode.Scalar(byte)).hexDigitValue }
    guard digits.count == text.utf8.count, digits.count.isMultiple(of: 2) else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }
}

extension CallerToken.Permissions {
  /// What was granted; what that implies goes without saying.
  var words: [String] {
    contains(.raw) ? ["raw"] : Self.names.filter { contains($0.permission) }.map(\.name)
  }
}
