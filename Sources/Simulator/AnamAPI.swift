import HTTP

/// `GET /v1/sessions` and `GET /v1/sessions/{id}` of Anam: numbered pages with their number of rows.
struct AnamAPI: UpstreamAPI {
  let listPath = "/v1/sessions"
  private let anam: AnamObjects

  init(_ dataset: SimulatedDataset) { anam = AnamObjects(dataset) }

  var objects: any SessionObjects { anam }

  func credentials(in fields: Fields) -> [String] { bearerToken(in: fields) }

  func plan(_ parameters: Parameters, now: WallTime) throws(APIProblem) -> ListPlan {
    let page = try parameters.integer("page", in: 1...1_000_000_000, default: 1)
    let perPage = try parameters.integer("perPage", in: 1...100, default: 10)
    let apiKey = try parameters.uuid("apiKeyId")
    let persona = try parameters.uuid("personaId")
    var query = SessionListQuery()
    let search = (parameters.value("search") ?? "").lowercased()
    if apiKey != nil || persona != nil || !search.isEmpty {
      query.matches = matcher(search, apiKey: apiKey, persona: persona)
    }
    return ListPlan(
      query: query, offset: (page - 1) * perPage, limit: perPage, needsTotal: true)
  }

  private func matcher(
    _ search: String, apiKey: String?, persona: String?
  ) -> (SimulatedSession) -> Bool {
    let apiKeys = matching(apiKey, .apiKey, AnamObjects.apiKeyCount)
    let personas = matching(persona, .persona, AnamObjects.personaCount)
    return { session in
      let traits = anam.traits(session)
      if let apiKeys, !apiKeys.contains(traits.apiKey) { return false }
      if let personas, traits.persona.map(personas.contains) != true { return false }
      return search.isEmpty
        || traits.clientLabel?.lowercased().contains(search) == true
        || anam.identity.text(.session, session.serial).contains(search)
    }
  }

  /// The numbers whose id is `id`: one or none; nil without an id.
  private func matching(_ id: String?, _ kind: Identity.Kind, _ count: Int) -> Set<UInt32>? {
    guard let id else { return nil }
    return Set((0..<UInt32(count)).filter { anam.identity.text(kind, $0) == id })
  }

  func writeList(_ page: ListPage, to text: JSONOutput, row: (Int) -> Void) {
    let number = page.offset / page.limit + 1
    let lastPage = (page.total + page.limit - 1) / page.limit
    text.object {
      text.arrayMember("data") { for index in 0..<page.rows { row(index) } }
      text.objectMember("meta") {
        text.member("total", Int64(page.total))
        text.member("lastPage", Int64(lastPage))
        text.member("currentPage", Int64(number))
        text.member("perPage", Int64(page.limit))
        text.member("prev", number > 1 ? Int64(number - 1) : nil)
        text.member("next", number < lastPage ? Int64(number + 1) : nil)
      }
    }
  }

  func status(of problem: APIProblem) -> Status {
    switch problem {
    case .unknownPath, .methodNotAllowed, .noSuchSession: 404
    case .unauthorized: 401
    case .tooManyRequests: 429
    case .invalid, .malformedQuery: 400
    }
  }

  func write(_ problem: APIProblem, to text: JSONOutput) {
    let (error, message) =
      switch problem {
      case .unknownPath, .methodNotAllowed: ("Not Found", "Cannot find this route")
      case .noSuchSession: ("Not Found", "Session not found")
      case .unauthorized: ("Unauthorized", "Invalid or missing API key")
      case .tooManyRequests: ("Too Many Requests", "Rate limit exceeded")
      case .malformedQuery: ("Bad Request", "Malformed query string")
      case .invalid(let parameter, _, let rule):
        ("Bad Request", "\(parameter) must be \(rule.expectation)")
      }
    text.object {
      text.member("statusCode", Int64(status(of: problem).rawValue))
      text.member("error", error)
      text.member("message", message)
    }
  }
}
