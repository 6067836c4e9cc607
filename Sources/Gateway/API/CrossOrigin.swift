import HTTP

/// Cross-origin sharing for the configured origins alone (the Fetch standard's CORS protocol).
enum CrossOrigin {
  static let exposed =
    "Link, ETag, Retry-After, Server-Timing, X-Request-Id, Gateway-Mode, Gateway-Partial"

  static func mark(_ response: inout Response, _ request: Request, _ origins: [String]) {
    guard let origin = request.fields["origin"], origins.contains(origin) else { return }
    response.fields.append("Access-Control-Allow-Origin", origin)
    response.fields.append("Access-Control-Expose-Headers", exposed)
  }

  /// The answer to OPTIONS: a preflight's when it is one of a configured origin.
  static func preflight(_ request: Request, _ origins: [String], allow: String) -> Response {
    var fields = Fields([("Allow", allow), ("Vary", "Origin")])
    if let origin = request.fields["origin"], origins.contains(origin),
      request.fields.contains("access-control-request-method")
    {
      fields.append("Access-Control-Allow-Methods", "GET, HEAD")
      fields.append(
        "Access-Control-Allow-Headers", "Authorization, Accept, If-None-Match, X-Request-Id")
      fields.append("Access-Control-Max-Age", "600")
    }
    return Response(204, fields: fields)
  }
}
