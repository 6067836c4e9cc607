/// What a service has been asked since it started.
package struct ServiceCounts: Sendable, Equatable {
  package var requests = 0
  /// Lists and items that were answered, or would have been but for a fault of the body.
  package var lists = 0
  package var items = 0
  /// Rows in the answered lists.
  package var rows = 0
  package var unauthorized = 0
  package var invalid = 0
  package var notFound = 0
  package var rateLimited = 0
  /// Requests that a fault happened to, delays aside.
  package var faults = 0

  mutating func add(_ problem: APIProblem) {
    switch problem {
    case .unauthorized: unauthorized += 1
    case .invalid, .malformedQuery: invalid += 1
    case .unknownPath, .methodNotAllowed, .noSuchSession: notFound += 1
    case .tooManyRequests: rateLimited += 1
    }
  }
}
