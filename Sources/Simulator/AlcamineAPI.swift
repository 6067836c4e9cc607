import HTTP

/// `GET /sessions` and `GET /sessions/{id}` of Alcamine: limit and offset in, a bare array out. The
/// page documents no body for errors; these are the ones of the framework that such pages come from.
struct AlcamineAPI: UpstreamAPI {
  let listPath = "/sessions"
  let objects: any SessionObjects

  init(_ dataset: SimulatedDataset) { objects = AlcamineObjects(dataset) }

  func credentials(in fields: Fields) -> [String] { bearerToken(in: fields) }

  func plan(_ parameters: Parameters, now: WallTime) throws(APIProblem) -> ListPlan {
    ListPlan(
      query: SessionListQuery(),
      offset: try parameters.integer("offset", in: 0...Int.max, default: 0),
      limit: try parameters.integer("limit", in: 1...250, default: 25))
  }

  func writeList(_ page: ListPage, to text: JSONOutput, row: (Int) -> Void) {
    text.array { for index in 0..<page.rows { row(index) } }
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
    text.object {
      switch problem {
      case .unknownPath, .methodNotAllowed: text.member("message", "Not Found")
      case .noSuchSession: text.member("message", "Session not found")
      case .unauthorized: text.member("message", "Unauthorized")
      case .tooManyRequests: text.member("message", "Too many requests")
      case .malformedQuery: text.member("message", "Malformed query string")
      case .invalid(let parameter, _, let rule):
        text.member("success", false)
        text.objectMember("error") {
          text.arrayMember("issues") {
            text.object {
              text.member("code", code(of: rule))
              text.arrayMember("path") { text.value("\(parameter)") }
              text.member("message", "Must be \(rule.expectation)")
            }
          }
          text.member("name", "ZodError")
        }
      }
    }
  }

  private func code(of rule: APIProblem.Rule) -> String {
    switch rule {
    case .atLeast: "too_small"
    case .atMost: "too_big"
    default: "invalid_type"
    }
  }
}
