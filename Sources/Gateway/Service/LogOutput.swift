import Bytes
import Glibc
import JSON
package import Logging
import Sessions

/// A log handler that writes one line an event to standard error, as text or as a JSON object.
/// Control characters never reach the terminal or the collector as they are.
package struct LogOutput: LogHandler {
  package var logLevel: Logger.Level
  package var metadata: Logger.Metadata = [:]
  private let format: GatewayConfiguration.Log.Format

  package init(_ settings: GatewayConfiguration.Log) {
    logLevel = settings.level
    format = settings.format
  }

  package static func logger(_ settings: GatewayConfiguration.Log) -> Logger {
    Logger(label: "sessions-gateway") { _ in LogOutput(settings) }
  }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    let all = metadata.merging(event.metadata ?? [:]) { _, new in new }.sorted { $0.key < $1.key }
    let line = ByteBuffer(capacity: 256)
    switch format {
    case .text:
      line.append("\(WallClock.now().text) \(event.level.rawValue.uppercased()) ")
      line.append(Self.printable("\(event.message)"))
      for (key, value) in all { line.append(" \(key)=\(Self.printable("\(value)"))") }
    case .json:
      line.append("{\"time\":")
      line.append(json: WallClock.now().text)
      line.append(",\"level\":")
      line.append(json: event.level.rawValue)
      line.append(",\"message\":")
      line.append(json: "\(event.message)")
      for (key, value) in all {
        line.append(",")
        line.append(json: key)
        line.append(":")
        line.append(json: "\(value)")
      }
      line.append("}")
    }
    line.append("\n")
    // One write a line: lines of several loops do not mix.
    withExtendedLifetime(line) { _ = write(2, line.bytes.baseAddress, line.count) }
  }

  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator, .format: false
    default: true
    }
  }

  private static func printable(_ text: String) -> String {
    let shown = text.unicodeScalars.map { isPrintable($0) ? $0 : "?" }
    return String(String.UnicodeScalarView(shown))
  }
}
