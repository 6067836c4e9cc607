import HTTP

/// `GET /api/v0/sessions` and `GET /api/v0/sessions/{asset_id}` of Athena: filters, sorting, offset,
/// and a total that is only a lower bound. Errors have the form that FastAPI gives them.
struct AthenaAPI: UpstreamAPI {
  let listPath = "/api/v0/sessions"
  let objects: any SessionObjects
  private let traits: AthenaTraits

  /// How long ago a session may have been updated for `state=running` to find it.
  private static let runningHorizon = Duration.seconds(12 * 3_600)

  init(_ dataset: SimulatedDataset) {
    objects = AthenaObjects(dataset)
    traits = AthenaTraits(dataset)
  }

  func credentials(in fields: Fields) -> [String] {
    fields.values("x-api-key") + bearerToken(in: fields)
  }

  func plan(_ parameters: Parameters, now: WallTime) throws(APIProblem) -> ListPlan {
    var query = SessionListQuery()
    let order = try parameters.choice(
      "sort_by", of: ["updated_at", "created_at", "title"], default: "updated_at")
    query.order = order == "title" ? .title : order == "created_at" ? .created : .updated
    let direction = try parameters.choice(
      "sort_direction", of: ["asc", "desc"], default: "desc")
    query.ascending = direction == "asc"
    query.includesSubSessions = try parameters.boolean("include_sub_sessions")
    query.includesTasks = try parameters.boolean("include_task_sessions")
    let after = try parameters.time("created_after")
    let before = try parameters.time("created_before")
    if after != nil || before != nil {
      let start = after?.microseconds ?? .min
      let end = before?.microseconds ?? .max
      // An empty range is written as one that no row is in.
      query.created = start <= end ? start...end : Int64.min...Int64.min
    }
    query.matches = matcher(parameters, now)
    return ListPlan(
      query: query, offset: try parameters.integer("offset", in: 0...Int.max, default: 0),
      limit: try parameters.integer("limit", in: 1...500, default: 50))
  }

  /// Nil when every row matches.
  private func matcher(_ parameters: Parameters, _ now: WallTime) -> ((SimulatedSession) -> Bool)? {
    let states = parameters.list("state")
    let channels = parameters.list("source_channel")
    let types = parameters.list("session_type")
    let application = parameters.value("app_id")
    let words = parameters.value("query")?.lowercased()
    guard states != nil || channels != nil || types != nil || application != nil || words != nil
    else { return nil }
    let recent = now - AthenaAPI.runningHorizon
    return { session in
      if let states {
        let state = traits.state(session)
        guard states.contains(state), state != "running" || session.updated >= recent
        else { return false }
      }
      if let channels {
        guard let channel = traits.sourceChannel(session), channels.contains(channel)
        else { return false }
      }
      if let types {
        guard let type = traits.sessionType(session), types.contains(type) else { return false }
      }
      if let application, traits.application(session) != application { return false }
      if let words, traits.title(session)?.lowercased().contains(words) != true { return false }
      return true
    }
  }

  func writeList(_ page: ListPage, to text: JSONOutput, row: (Int) -> Void) {
    let end = page.offset + page.rows
    text.object {
      text.arrayMember("items") { for index in 0..<page.rows { row(index) } }
      text.member("total", Int64(page.hasMore ? end + 1 : end))
      text.member("limit", Int64(page.limit))
      text.member("offset", Int64(page.offset))
      text.member("has_more", page.hasMore)
      text.member("next_offset", page.hasMore ? Int64(end) : nil)
    }
  }

  func status(of problem: APIProblem) -> Status {
    switch problem {
    case .unknownPath, .noSuchSession: 404
    case .methodNotAllowed: 405
    case .unauthorized: 401
    case .tooManyRequests: 429
    case .malformedQuery: 400
    case .invalid: 422
    }
  }

  func write(_ problem: APIProblem, to text: JSONOutput) {
    text.object {
      switch problem {
      case .unknownPath: text.member("detail", "Not Found")
      case .methodNotAllowed: text.member("detail", "Method Not Allowed")
      case .noSuchSession: text.member("detail", "Session not found")
      case .unauthorized: text.member("detail", "Invalid or missing API key")
      case .tooManyRequests: text.member("detail", "Rate limit exceeded")
      case .malformedQuery: text.member("detail", "Malformed query string")
      case .invalid(let parameter, let value, let rule):
        text.arrayMember("detail") {
          text.object {
            text.member("type", type(of: rule))
            text.arrayMember("loc") {
              text.value("query")
              text.value("\(parameter)")
            }
            text.member("msg", "Input should be \(rule.expectation)")
            text.member("input", value)
          }
        }
      }
    }
  }

  private func type(of rule: APIProblem.Rule) -> String {
    switch rule {
    case .integer: "int_parsing"
    case .atLeast: "greater_than_equal"
    case .atMost: "less_than_equal"
    case .uuid: "uuid_parsing"
    case .boolean: "bool_parsing"
    case .time: "datetime_from_date_parsing"
    case .oneOf: "enum"
    }
  }
}
