/// A reader of foreign bytes, and what must hold of it whatever the bytes are. `make fuzz` feeds it
/// what libFuzzer thinks of, `make test` the corpus.
package enum FuzzTarget: String, CaseIterable, Sendable {
  case requestHead, responseHead, chunkedBody, query, json, cursor, yaml

  /// Throws what does not hold. Keeps nothing from one call to the next.
  package func check(_ bytes: [UInt8]) throws(Finding) {
    switch self {
    case .requestHead: try RequestHeadFuzz.check(bytes)
    case .responseHead: try ResponseHeadFuzz.check(bytes)
    case .chunkedBody: try ChunkedBodyFuzz.check(bytes)
    case .query: try QueryFuzz.check(bytes)
    case .json: try JSONFuzz.check(bytes)
    case .cursor: try CursorFuzz.check(bytes)
    case .yaml: try YAMLFuzz.check(bytes)
    }
  }
}

/// Something that should hold, and does not.
package struct Finding: Error, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}

func expect(_ holds: Bool, _ what: @autoclosure () -> String) throws(Finding) {
  if !holds { throw Finding(what()) }
}

/// Places to cut `bytes` at: nowhere, at one place that the bytes themselves decide, and everywhere.
func cuts(_ bytes: [UInt8]) -> [[Int]] {
  let sum = bytes.reduce(5381) { ($0 &* 33) ^ Int($1) }
  return [[], [abs(sum % (bytes.count + 1))], Array(0...bytes.count)]
}
