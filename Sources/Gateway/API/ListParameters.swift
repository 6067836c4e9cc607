package import HTTP
package import Sessions

/// The parameters of `GET /v1/sessions`, read and checked: a query, and how its page is to be
/// presented.
package struct ListParameters: Sendable {
  package enum Format: String, CaseIterable, Sendable { case json, ndjson, csv }

  package static let limits = 1...500
  package static let defaultLimit = 50

  package var query = SessionQuery()
  package var limit = Self.defaultLimit
  package var cursor: String?
  package var fields = SessionFields.all
  package var includesRaw = false
  package var deniesPartial = false
  package var format: Format?

  /// - Parameters:
  ///   - sources: names of the configured sources.
  ///   - providers: of the catalogue.
  package init(
    _ pairs: [Query.Pair], sources: [String], providers: [any SessionProvider]
  ) throws(Problem) {
    let reader = ParameterReader(pairs)
    try reader.checkNames(Self.sharedNames, Self.ownNames(providers))
    try readQuery(reader, sources: sources, providers: providers)
    if pairs.contains(where: { $0.name.utf8.contains(UInt8(ascii: ".")) }) {
      try readPassedOn(reader, providers)
    }
    if let limit = try reader.single("limit") {
      guard let value = Int(limit), Self.limits.contains(value), limit.utf8.first != 0x2B else {
        throw .invalid("limit", "must be a whole number from 1 to 500")
      }
      self.limit = value
    }
    cursor = try reader.single("cursor")
    includesRaw = try reader.words("include", allowed: ["raw"]).contains("raw")
    let wanted = try reader.words("fields", allowed: SessionField.allCases.map(\.rawValue))
    if !wanted.isEmpty { fields = SessionFields(wanted.compactMap(SessionField.init)) }
    if includesRaw, !wanted.isEmpty {
      fields = SessionFields(wanted.compactMap(SessionField.init) + [.raw])
    }
    deniesPartial = try reader.word("partial", allowed: ["allow", "deny"]) == "deny"
    format = try reader.word("format", allowed: Format.allCases.map(\.rawValue))
      .flatMap(Format.init)
  }

  private mutating func readQuery(
    _ reader: ParameterReader, sources: [String],
    providers: [any SessionProvider]
  ) throws(Problem) {
    query.sources = Set(try reader.words("source", allowed: sources))
    query.providers = Set(try reader.words("provider", allowed: providers.map(\.name)))
    query.filter.statuses = Set(try reader.values("status"))
    query.filter.channels = Set(try reader.values("channel"))
    query.filter.modalities = Set(try reader.values("modality"))
    query.filter.agentID = try reader.single("agentId")
    query.filter.participantID = try reader.single("participantId")
    query.filter.workspaceID = try reader.single("workspaceId")
    query.filter.text = try reader.single("q")
    query.filter.createdAfter = try reader.time("createdAfter")
    query.filter.createdBefore = try reader.time("createdBefore")
    query.filter.updatedAfter = try reader.time("updatedAfter")
    query.filter.updatedBefore = try reader.time("updatedBefore")
    if let sort = try reader.word("sort", allowed: Self.orders.map(\.name)) {
      query.order = Self.orders.first { $0.name == sort }?.order ?? .newestFirst
    }
  }

  /// Parameters of one provider alone, whose names have its name and a dot before them.
  private mutating func readPassedOn(
    _ reader: ParameterReader, _ providers: [any SessionProvider]
  ) throws(Problem) {
    for provider in providers {
      for parameter in provider.parameters {
        let name = "\(provider.name).\(parameter.name)"
        query.filter.passedOn[name] = try reader.passedOn(name, parameter.kind)
      }
    }
  }

  package static let orders: [(name: String, order: SessionOrder)] = [
    ("-createdAt", SessionOrder(.createdAt, descending: true)),
    ("createdAt", SessionOrder(.createdAt, descending: false)),
    ("-updatedAt", SessionOrder(.updatedAt, descending: true)),
    ("updatedAt", SessionOrder(.updatedAt, descending: false)),
  ]

  /// Every parameter of the list, those of one provider last.
  package static func names(_ providers: [any SessionProvider]) -> [String] {
    sharedNames + ownNames(providers)
  }

  private static func ownNames(_ providers: [any SessionProvider]) -> [String] {
    providers.flatMap { provider in provider.parameters.map { "\(provider.name).\($0.name)" } }
  }

  /// Every parameter with a few words on what it takes.
  package static func summaries(
    _ providers: [any SessionProvider]
  ) -> [(name: String, summary: String)] {
    shared
      + providers.flatMap { provider in
        provider.parameters.map { ("\(provider.name).\($0.name)", "passed on: \($0.kind.words)") }
      }
  }

  private static let sharedNames = shared.map(\.name)

  /// Those that are no provider's own.
  private static let shared: [(name: String, summary: String)] = [
    ("limit", "sessions on a page, 1 to 500"),
    ("cursor", "where an earlier page ended"),
    ("source", "any of the configured sources' names"),
    ("provider", "any of the providers' names"),
    ("status", words(SessionStatus.self)),
    ("channel", words(SessionChannel.self)),
    ("modality", words(SessionModality.self)),
    ("agentId", "of this agent"),
    ("participantId", "of this participant"),
    ("workspaceId", "of this workspace"),
    ("q", "with this text in title or native id, in either case"),
    ("createdAfter", "created at or after a time (RFC 3339) or date"),
    ("createdBefore", "created before it"),
    ("updatedAfter", "updated at or after it"),
    ("updatedBefore", "updated before it"),
    ("sort", "one of \(orders.map(\.name).joined(separator: ", "))"),
    ("include", "raw: the provider's own object as well"),
    ("fields", "only these fields, such as title,status"),
    ("partial", "allow, or deny: fail when a source does"),
    ("format", "one of \(Format.allCases.map(\.rawValue).joined(separator: ", "))"),
  ]

  private static func words<Value: CaseIterable & RawRepresentable<String>>(
    _ type: Value.Type
  ) -> String {
    "any of \(type.allCases.map(\.rawValue).joined(separator: ", "))"
  }
}

extension PassedOnParameter.Kind {
  fileprivate var words: String {
    switch self {
    case .boolean: "true or false"
    case .text: "a text"
    case .uuid: "a UUID"
    }
  }
}

extension Problem {
  static func invalid(_ parameter: String, _ allowed: String) -> Problem {
    Problem(.invalidParameter, "\(parameter) \(allowed)", parameter: parameter)
  }
}
