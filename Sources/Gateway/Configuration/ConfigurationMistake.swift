/// One thing that keeps the gateway from starting, named the way its maker wrote it. Holds no
/// secret: values of secret keys are never part of it.
package struct ConfigurationMistake: Error, Hashable, CustomStringConvertible {
  /// A variable (`GATEWAY_PORT`), or file, line and key (`gateway.yaml:3: listen.port`).
  package var place: String
  /// What is wrong, to be read after the place.
  package var problem: String
  /// What would be right; empty where the problem says it. A suggestion ends with a question mark.
  package var allowed: String

  package init(_ place: String, _ problem: String, allowed: String = "") {
    self.place = place
    self.problem = problem
    self.allowed = allowed
  }

  /// One line.
  package var description: String {
    if allowed.isEmpty { return "\(place): \(problem)" }
    return "\(place): \(problem); \(allowed.hasSuffix("?") ? "" : "allowed: ")\(allowed)"
  }
}

/// All mistakes of a configuration, at least one, in the order in which they were found.
package struct ConfigurationMistakes: Error, CustomStringConvertible {
  package var all: [ConfigurationMistake]

  package init(_ all: [ConfigurationMistake]) { self.all = all }

  /// A line each, without a newline at the end.
  package var description: String { all.map(\.description).joined(separator: "\n") }
}

/// A value as a mistake may show it: quoted, on one line, short.
func quoted(_ value: String) -> String {
  let longest = 60
  var text = ""
  for scalar in value.unicodeScalars.prefix(longest) {
    switch scalar {
    case "\"", "\\": text += "\\\(scalar)"
    case _ where scalar.properties.generalCategory.isPrintable: text.unicodeScalars.append(scalar)
    default: text += "\\u{\(String(scalar.value, radix: 16))}"
    }
  }
  return value.unicodeScalars.count > longest ? "\"\(text)...\"" : "\"\(text)\""
}

extension Unicode.GeneralCategory {
  fileprivate var isPrintable: Bool {
    switch self {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator:
      false
    default: true
    }
  }
}
