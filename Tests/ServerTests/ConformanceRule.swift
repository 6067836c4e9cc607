import Testing

/// One row of docs/HTTP.md: literal bytes, and the statuses that a server answers before it closes
/// or before it has answered the follow-up request.
struct ConformanceRule: CustomTestStringConvertible {
  /// The row's first column.
  let name: String
  let section: String
  let request: String
  let statuses: [Int]
  /// Whether the connection closes before the follow-up request is answered.
  let closes: Bool
  /// The row's third column.
  let whatWeDo: String

  static let followUp = "GET /follow-up HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"

  var testDescription: String { name }

  /// Refused: one answer, then the connection closes.
  static func refuse(
    _ name: String, _ section: String, _ status: Int, _ request: String
  ) -> ConformanceRule {
    ConformanceRule(
      name: name, section: section, request: request, statuses: [status], closes: true,
      whatWeDo: "\(status), close")
  }

  /// Served, and the connection goes on.
  static func serve(
    _ name: String, _ section: String, _ request: String, _ statuses: [Int] = [200],
    does: String? = nil
  ) -> ConformanceRule {
    let answer = statuses.map(String.init).joined(separator: ", ")
    return ConformanceRule(
      name: name, section: section, request: request, statuses: statuses, closes: false,
      whatWeDo: does ?? answer)
  }

  /// Served, and the connection closes.
  static func close(_ name: String, _ section: String, _ request: String) -> ConformanceRule {
    ConformanceRule(
      name: name, section: section, request: request, statuses: [200], closes: true,
      whatWeDo: "200, close")
  }

  static func refuseField(
    _ name: String, _ section: String, _ status: Int, _ field: String
  ) -> ConformanceRule {
    refuse(name, section, status, "GET / HTTP/1.1\r\nHost: h\r\n\(field)\r\n\r\n")
  }

  static func refuseLine(
    _ name: String, _ section: String, _ status: Int, _ line: String
  ) -> ConformanceRule {
    refuse(name, section, status, "\(line)\r\nHost: h\r\n\r\n")
  }

  static func refuseChunks(_ name: String, _ body: String, status: Int = 400) -> ConformanceRule {
    refuse(name, "9112 7.1", status, chunkedHead + body)
  }

  static func serveChunks(_ name: String, _ section: String, _ body: String) -> ConformanceRule {
    serve(name, section, chunkedHead + body)
  }

  private static let chunkedHead =
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
}
