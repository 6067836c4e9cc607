import HTTP
import Sessions

/// Reads parameters by name out of a decoded query, each with its kind's rules; what is wrong becomes
/// a problem that names the parameter and what is allowed. What is allowed is listed only for a
/// parameter that is given: of two dozen, most requests give a few.
struct ParameterReader {
  /// Longest text of a filter: ids and searches are short; what is longer is a mistake.
  static let longestText = 512

  private let pairs: [Query.Pair]

  init(_ pairs: [Query.Pair]) { self.pairs = pairs }

  /// - Parameter others: names that are known besides, asked for when one is not among the first.
  func checkNames(
    _ names: [String], _ others: @autoclosure () -> [String] = []
  ) throws(Problem) {
    guard !pairs.allSatisfy({ names.contains($0.name) }) else { return }
    let known = names + others()
    for pair in pairs where !known.contains(pair.name) {
      throw Problem(
        .unknownParameter,
        "there is no parameter of this name; known are \(known.joined(separator: ", "))",
        parameter: String(pair.name.prefix(100)))
    }
  }

  /// The value of a parameter that may be given once.
  func single(_ name: String) throws(Problem) -> String? {
    guard let index = pairs.firstIndex(where: { $0.name == name }) else { return nil }
    guard !pairs[(index + 1)...].contains(where: { $0.name == name }) else {
      throw .invalid(name, "may be given only once")
    }
    let value = pairs[index].value
    guard !value.isEmpty else { throw .invalid(name, "must not be empty") }
    let longest = name == "cursor" ? 65_536 : Self.longestText
    guard value.utf8.count <= longest else {
      throw .invalid(name, "must not be longer than \(longest) bytes")
    }
    return value
  }

  /// One of a few words.
  func word(_ name: String, allowed: @autoclosure () -> [String]) throws(Problem) -> String? {
    guard let value = try single(name) else { return nil }
    let allowed = allowed()
    guard allowed.contains(value) else {
      throw .invalid(name, "must be one of \(allowed.joined(separator: ", "))")
    }
    return value
  }

  /// Any of a few words, repeated or separated by commas.
  func words(_ name: String, allowed: @autoclosure () -> [String]) throws(Problem) -> [String] {
    guard pairs.contains(where: { $0.name == name }) else { return [] }
    let allowed = allowed()
    var words: [String] = []
    for pair in pairs where pair.name == name {
      for word in pair.value.split(separator: ",", omittingEmptySubsequences: false) {
        guard allowed.contains(String(word)) else {
          throw .invalid(name, "must be one or more of \(allowed.joined(separator: ", "))")
        }
        words.append(String(word))
      }
    }
    return words
  }

  /// Any of an enumeration's values.
  func values<Value: CaseIterable & RawRepresentable<String>>(
    _ name: String
  ) throws(Problem) -> [Value] {
    try words(name, allowed: Value.allCases.map(\.rawValue)).compactMap(Value.init)
  }

  func time(_ name: String) throws(Problem) -> Timestamp? {
    guard let value = try single(name) else { return nil }
    guard let time = Timestamp(value, .parameter) else {
      throw .invalid(
        name, "must be an RFC 3339 time such as 2026-04-20T09:00:00.000Z, or a date")
    }
    return time
  }

  /// A value for one provider alone; nil when it says no more than leaving it out.
  func passedOn(_ name: String, _ kind: PassedOnParameter.Kind) throws(Problem) -> String? {
    switch kind {
    case .boolean: return try word(name, allowed: ["true", "false"]) == "true" ? "true" : nil
    case .text: return try single(name)
    case .uuid:
      guard let value = try single(name) else { return nil }
      guard value.isUUID else { throw .invalid(name, "must be a UUID") }
      return value
    }
  }
}
