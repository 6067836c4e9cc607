import Bytes
import Sessions

/// Sessions as a table for people: columns fitted to the terminal by what the first sessions hold,
/// so that it can be printed while more are read.
struct SessionTable {
  private struct Column {
    let column: SessionColumn
    /// Places in the order in which columns get room.
    let rank: Int
    /// Columns that it may be cut to; nil for what is of use only whole.
    let minimum: Int?

    var title: String {
      switch column {
      case .createdAt: "CREATED"
      case .updatedAt: "UPDATED"
      case .startedAt: "STARTED"
      case .endedAt: "ENDED"
      case .durationMs: "DURATION"
      case .agentName: "AGENT"
      default: column.rawValue.uppercased()
      }
    }
  }

  private let columns: [Column]
  private let terminal: Terminal
  /// Columns that are shown and their widths; nil until the first session.
  private var layout: [(index: Int, width: Int)]?
  private static let gap = 2

  init(_ parameters: ListParameters, _ terminal: Terminal) {
    self.terminal = terminal
    if parameters.fields == .all {
      columns = Self.usual
    } else {
      let wanted = SessionColumn.allCases.filter {
        parameters.fields.contains($0.field) && $0.field != .raw
      }
      columns = wanted.enumerated().map { rank, column in
        Column(column: column, rank: rank, minimum: Self.isText(column) ? 12 : nil)
      }
    }
  }

  private static let usual = [
    Column(column: .createdAt, rank: 0, minimum: nil),
    Column(column: .source, rank: 3, minimum: nil),
    Column(column: .status, rank: 2, minimum: nil),
    Column(column: .channel, rank: 7, minimum: nil),
    Column(column: .durationMs, rank: 4, minimum: nil),
    Column(column: .agentName, rank: 6, minimum: 10),
    Column(column: .title, rank: 1, minimum: 20),
    Column(column: .id, rank: 5, minimum: nil),
  ]

  private static func isText(_ column: SessionColumn) -> Bool {
    switch column {
    case .title, .agentName, .agentModel, .participantEmail, .error, .attributes: true
    default: false
    }
  }

  mutating func write(
    _ rows: [(source: Int, row: SourceRow)], _ writers: [SessionWriter], to output: ByteBuffer
  ) {
    guard !rows.isEmpty else { return }
    let sessions = rows.map(\.row.session)
    let cells = zip(rows, sessions).map { row, session in
      columns.map { cell($0.column, session, row.row.window, writers[row.source]) }
    }
    if layout == nil {
      layout = fit(cells)
      writeLine(columns.map(\.title), to: output, color: { _ in "\u{1B}[1m" })
    }
    for (index, line) in cells.enumerated() {
      let status = sessions[index].status
      writeLine(line, to: output) { columns[$0].column == .status ? Self.color(status) : nil }
    }
  }

  private func cell(
    _ column: SessionColumn, _ session: Session, _ window: Window, _ writer: SessionWriter
  ) -> String {
    let buffer = ByteBuffer()
    guard writer.writeText(of: column, session, of: window, to: buffer) != .null else {
      return ""
    }
    switch column {
    case .createdAt, .updatedAt, .startedAt, .endedAt:
      // 2026-04-20T09:00:00.000Z without the milliseconds.
      let text = buffer.text
      return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8))Z"
    case .durationMs: return Self.duration(Int(buffer.text) ?? 0)
    default: return TerminalText.printable(buffer.text)
    }
  }

  /// The two largest units, such as `1h 5m`.
  private static func duration(_ milliseconds: Int) -> String {
    let seconds = milliseconds / 1_000
    let (minutes, hours) = (seconds / 60, seconds / 3_600)
    if minutes == 0 { return "\(seconds)s" }
    return hours == 0 ? "\(minutes)m \(seconds % 60)s" : "\(hours)h \(minutes % 60)m"
  }

  /// Gives columns room by their ranks, each as much as it cannot do without; then what is left to
  /// those that were cut. The first by rank is there even if it does not fit.
  private func fit(_ cells: [[String]]) -> [(index: Int, width: Int)] {
    let wanted = columns.indices.map { index in
      (cells.map { $0[index] } + [columns[index].title]).map(TerminalText.width).max() ?? 0
    }
    guard let width = terminal.width else { return columns.indices.map { ($0, wanted[$0]) } }
    let ranked = columns.indices.sorted { columns[$0].rank < columns[$1].rank }
    var widths: [Int: Int] = [:]
    var left = width + Self.gap
    for index in ranked {
      var needed = min(wanted[index], columns[index].minimum ?? .max)
      if widths.isEmpty { needed = min(needed, width) }
      guard needed + Self.gap <= left else { continue }
      widths[index] = needed
      left -= needed + Self.gap
    }
    for index in ranked {
      guard let given = widths[index] else { continue }
      let more = min(left, wanted[index] - given)
      widths[index] = given + more
      left -= more
    }
    return widths.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  private func writeLine(
    _ cells: [String], to output: ByteBuffer, color: (_ index: Int) -> String?
  ) {
    // Written before the next text, so that no line ends in spaces.
    var spaces = 0
    for (index, width) in layout ?? [] {
      let text = terminal.width == nil ? cells[index] : TerminalText.cut(cells[index], to: width)
      if !text.isEmpty {
        output.append(String(repeating: " ", count: spaces))
        spaces = 0
        let color = terminal.showsColor ? color(index) : nil
        output.append(color.map { $0 + text + "\u{1B}[0m" } ?? text)
      }
      spaces += max(width - TerminalText.width(text), 0) + Self.gap
    }
    output.append("\n")
  }

  private static func color(_ status: SessionStatus) -> String? {
    switch status {
    case .failed: "\u{1B}[31m"
    case .active: "\u{1B}[32m"
    case .pending: "\u{1B}[33m"
    case .canceled, .unknown: "\u{1B}[2m"
    case .completed: nil
    }
  }
}
