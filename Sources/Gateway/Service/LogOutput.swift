package import Logging

/// Events by way of swift-log: a line each, to the process's sink, whose level and format hold for all.
package struct LogOutput: LogHandler {
  package var metadata: Logger.Metadata = [:]
  private let sink: LogSink

  package init(_ sink: LogSink) { self.sink = sink }

  package static func logger(_ sink: LogSink) -> Logger {
    Logger(label: "sessions-gateway") { _ in LogOutput(sink) }
  }

  /// The sink's; a logger has none of its own, so that a reload changes it everywhere.
  package var logLevel: Logger.Level {
    get { sink.level }
    set {}
  }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    let all = metadata.merging(event.metadata ?? [:]) { _, new in new }.sorted { $0.key < $1.key }
    let line = LogLine(event.level, "\(event.message)")
    for (key, value) in all { line.add(key, "\(value)") }
    sink.write(line.finished(sink.format))
  }
}
