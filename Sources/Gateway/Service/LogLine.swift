import Bytes
import JSON
import Logging

/// One line of the log while it is put together: time, level, message, then members. As text it reads
/// `TIME LEVEL message name=value`; as JSON it is one object. Control characters never reach a
/// terminal or a collector as they are.
final class LogLine {
  private enum Value {
    case word(String)
    case number(String)
    /// An object of objects, for the sources of a request.
    case outcomes([SourceNote])
  }

  private let level: Logger.Level
  private let message: String
  private var members: [(name: String, value: Value)] = []

  init(_ level: Logger.Level, _ message: String) {
    self.level = level
    self.message = message
  }

  func add(_ name: String, _ text: String) { members.append((name, .word(text))) }
  func add(_ name: String, _ number: Int) { members.append((name, .number(String(number)))) }

  /// In milliseconds, with one digit behind the point.
  func add(_ name: String, _ duration: Duration) {
    members.append((name, .number(Self.milliseconds(duration))))
  }

  func add(_ name: String, _ notes: [SourceNote]) { members.append((name, .outcomes(notes))) }

  func finished(_ format: GatewayConfiguration.Log.Format) -> ByteBuffer {
    let line = ByteBuffer(capacity: 512)
    switch format {
    case .text: writeText(to: line)
    case .json: writeJSON(to: line)
    }
    line.append("\n")
    return line
  }

  private func writeText(to line: ByteBuffer) {
    line.append(WallClock.now().text)
    line.append(" ")
    line.append(level.rawValue.uppercased())
    line.append(" ")
    line.append(Self.printable(message))
    for (name, value) in members {
      line.append(" ")
      line.append(name)
      line.append("=")
      switch value {
      case .word(let text): line.append(Self.printable(text))
      case .number(let text): line.append(text)
      case .outcomes(let notes):
        for (index, note) in notes.enumerated() {
          if index > 0 { line.append(",") }
          line.append("\(note.source):\(note.outcome)/\(Self.milliseconds(note.duration))")
        }
      }
    }
  }

  private func writeJSON(to line: ByteBuffer) {
    line.append("{\"time\":")
    line.append(json: WallClock.now().text)
    line.append(",\"level\":")
    line.append(json: level.rawValue)
    line.append(",\"message\":")
    line.append(json: message)
    for (name, value) in members {
      line.append(",")
      line.append(json: name)
      line.append(":")
      switch value {
      case .word(let text): line.append(json: text)
      case .number(let text): line.append(text)
      case .outcomes(let notes):
        for (index, note) in notes.enumerated() {
          line.append(index == 0 ? "{" : ",")
          line.append(json: note.source)
          line.append(":{\"outcome\":")
          line.append(json: note.outcome)
          line.append(",\"ms\":")
          line.append(Self.milliseconds(note.duration))
          line.append("}")
        }
        line.append("}")
      }
    }
    line.append("}")
  }

  private static func milliseconds(_ duration: Duration) -> String {
    let tenths = duration.wholeNanoseconds / 100_000
    return "\(tenths / 10).\(tenths % 10)"
  }

  private static func printable(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
    let shown = text.unicodeScalars.map { isPrintable($0) ? $0 : "?" }
    return String(String.UnicodeScalarView(shown))
  }

  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator, .format: false
    default: true
    }
  }
}

/// How one source fared in a request, for its line.
struct SourceNote {
  var source: String
  /// `ok`, `exhausted`, or the code of its failure.
  var outcome: String
  var duration: Duration
}
