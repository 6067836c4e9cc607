import Foundation

/// A second request head parser: slow, obvious, and written from the grammars of RFC 9110, 9112 and
/// 3986 with regular expressions. It only serves to be compared with the real one.
struct GrammarOracle {
  struct Head: Equatable {
    var method: String
    var path: String
    var query: String?
    var framing: String
    var fields: [[String]]
    var length: Int
  }

  private static let token = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+"
  private static let escape = "%[0-9A-Fa-f]{2}"
  private static let pchar = "(?:[A-Za-z0-9\\-._~!$&'()*+,;=:@]|\(escape))"
  private static let word = "[0-9A-Fa-f]{1,4}"
  /// Without the forms that end in an IPv4 address, and without counting the words of one with `::`:
  /// the tests make neither.
  private static let ipv6 =
    "(?:(?:\(word):){7}\(word)|(?:\(word)(?::\(word))*)?::(?:\(word)(?::\(word))*)?)"
  private static let host =
    "(?:\\[\(ipv6)\\]|(?:[A-Za-z0-9\\-._~!$&'()*+,;=]|\(escape))+)(?::([0-9]*))?"
  private static let visible = "[\\x21-\\x7E\\x80-\\xFF]"
  private static let value = "(?:\(visible)(?:[ \\t\\x21-\\x7E\\x80-\\xFF]*\(visible))?)?"

  /// The head at the start of `bytes`, read as Latin-1; nil when there is none that is allowed. Limits
  /// are not looked at.
  static func head(_ bytes: [UInt8]) -> Head? {
    var text = String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) })) as NSString
    var length = 0
    if text.hasPrefix("\r\n") {
      text = text.substring(from: 2) as NSString
      length = 2
    }
    let end = text.range(of: "\r\n\r\n", options: .literal)
    guard end.location != NSNotFound else { return nil }
    length += end.location + 4
    let lines = text.substring(to: end.location).components(separatedBy: "\r\n")
    guard let line = groups("(\(token)) ([^ ]+) HTTP/1\\.([0-9])", lines[0]) else { return nil }
    guard let (path, query) = target(line[2], method: line[1]) else { return nil }
    var fields: [[String]] = []
    for field in lines.dropFirst() {
      guard let parts = groups("(\(token)):[ \\t]*(\(value))[ \\t]*", field) else { return nil }
      fields.append([parts[1], parts[2]])
    }
    guard let framing = framing(fields, minorVersion: line[3]) else { return nil }
    if line[1] == "TRACE", framing != "none" { return nil }
    if line[1].utf16.count > 32 { return nil }
    return Head(
      method: line[1], path: path, query: query, framing: framing, fields: fields, length: length)
  }

  /// The head of an answer in the same way; its status stands for the path.
  static func answer(_ bytes: [UInt8], answersHead: Bool) -> Head? {
    let text = String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) })) as NSString
    let end = text.range(of: "\r\n\r\n", options: .literal)
    guard end.location != NSNotFound else { return nil }
    let lines = text.substring(to: end.location).components(separatedBy: "\r\n")
    let pattern = "HTTP/1\\.([0-9]) ([1-5][0-9]{2})(?: [ \\t\\x21-\\x7E\\x80-\\xFF]*)?"
    guard let line = groups(pattern, lines[0]), let status = Int(line[2]) else { return nil }
    var fields: [[String]] = []
    for field in lines.dropFirst() {
      guard let parts = groups("(\(token)):[ \\t]*(\(value))[ \\t]*", field) else { return nil }
      fields.append([parts[1], parts[2]])
    }
    guard var framing = framing(fields, minorVersion: line[1], isAnswer: true) else { return nil }
    let hasLength = fields.contains { $0[0].lowercased() == "content-length" }
    if framing == "none", !hasLength { framing = "untilClose" }
    if answersHead || status < 200 || status == 204 || status == 304 { framing = "none" }
    return Head(
      method: "", path: line[2], query: nil, framing: framing, fields: fields,
      length: end.location + 4)
  }

  private static func target(_ target: String, method: String) -> (String, String?)? {
    if method == "CONNECT" {
      guard let parts = groups(host, target), let port = Int(parts[1]), port < 65_536
      else { return nil }
      return ("", nil)
    }
    if target == "*" { return method == "OPTIONS" ? ("*", nil) : nil }
    var rest = target
    if let absolute = groups("(?i:https?)://([^/?]*)(.*)", target) {
      guard isHost(absolute[1]) else { return nil }
      rest = absolute[2]
      if rest.isEmpty { return (method == "OPTIONS" ? "*" : "/", nil) }
      if rest.hasPrefix("?") { rest = "/" + rest }
    }
    let pattern = "((?:/\(pchar)*)+)(\\?(?:\(pchar)|[/?])*)?"
    guard let parts = groups(pattern, rest) else { return nil }
    guard let decoded = parts[1].removingPercentEncoding, !decoded.contains("\0") else {
      return nil
    }
    let segments = decoded.split(separator: "/", omittingEmptySubsequences: false)
    if segments.contains(".") || segments.contains("..") { return nil }
    return (parts[1], parts[2].isEmpty ? nil : String(parts[2].dropFirst()))
  }

  private static func framing(
    _ fields: [[String]], minorVersion: String, isAnswer: Bool = false
  ) -> String? {
    func values(_ name: String) -> [String] {
      fields.filter { $0[0].lowercased() == name }.map { $0[1] }
    }
    let hosts = values("host")
    if hosts.count > 1 || !hosts.allSatisfy(isHost) { return nil }
    if minorVersion != "0", hosts.isEmpty, !isAnswer { return nil }
    for option in values("connection").flatMap({ $0.components(separatedBy: ",") }) {
      let option = option.trimmingCharacters(in: .init(charactersIn: " \t"))
      if !option.isEmpty, groups(token, option) == nil { return nil }
    }
    for element in values("expect").flatMap({ $0.components(separatedBy: ",") })
    where minorVersion != "0" && !isAnswer {
      let element = element.trimmingCharacters(in: .init(charactersIn: " \t")).lowercased()
      if !element.isEmpty, element != "100-continue" { return nil }
    }
    let lengths = values("content-length")
    let codings = values("transfer-encoding")
    if lengths.count > 1 { return nil }
    if let coding = codings.first {
      let only = codings.count == 1 && lengths.isEmpty && minorVersion != "0"
      return only && coding.lowercased() == "chunked" ? "chunked" : nil
    }
    guard let length = lengths.first else { return "none" }
    guard groups("[0-9]+", length) != nil else { return nil }
    let number = Int(length) ?? .max
    return number == 0 ? "none" : "length(\(number))"
  }

  private static func isHost(_ text: String) -> Bool {
    guard let parts = groups(host, text) else { return false }
    return parts[1].isEmpty || (Int(parts[1]) ?? .max) < 65_536
  }

  /// The groups of a match of the whole text; a group that took no part is empty.
  private static func groups(_ pattern: String, _ text: String) -> [String]? {
    guard let expression = try? NSRegularExpression(pattern: "\\A(?:\(pattern))\\z"),
      let match = expression.firstMatch(
        in: text, range: NSRange(location: 0, length: text.utf16.count))
    else { return nil }
    return (0..<match.numberOfRanges).map { index in
      let range = match.range(at: index)
      return range.location == NSNotFound ? "" : (text as NSString).substring(with: range)
    }
  }
}
