import Bytes
import Sessions

/// A page as comma-separated values (RFC 4180), with a header line.
struct CSVPage {
  private let columns: [SessionColumn]
  private let writers: [SessionWriter]

  init(_ parameters: ListParameters, writers: [SessionWriter]) {
    columns = SessionColumn.allCases.filter {
      parameters.fields.contains($0.field) && ($0.field != .raw || parameters.includesRaw)
    }
    self.writers = writers
  }

  /// Returns the range of what was written.
  func write(
    _ rows: [(source: Int, row: SourceRow)], hasHeader: Bool, to body: ByteBuffer
  ) -> Range<Int> {
    let start = body.count
    if hasHeader {
      body.append(columns.map(\.rawValue).joined(separator: ","))
      body.append("\r\n")
    }
    let cell = ByteBuffer()
    for (source, row) in rows {
      let session = row.session
      for (index, column) in columns.enumerated() {
        if index > 0 { body.append(",") }
        cell.truncate(to: 0)
        _ = writers[source].writeText(of: column, session, of: row.window, to: cell)
        Self.append(cell.bytes, to: body)
      }
      body.append("\r\n")
    }
    return start..<body.count
  }

  /// Quoted where it must be; what a spreadsheet would take for a formula gets a leading apostrophe.
  private static func append(_ cell: UnsafeRawBufferPointer, to body: ByteBuffer) {
    let startsFormula = (cell.first.map(formulaStarts.contains) ?? false) && !isNumber(cell)
    let isQuoted = cell.contains { quotedBytes.contains($0) }
    if isQuoted { body.append(UInt8(ascii: "\"")) }
    if startsFormula { body.append(UInt8(ascii: "'")) }
    for byte in cell {
      if byte == UInt8(ascii: "\"") { body.append(byte) }
      body.append(byte)
    }
    if isQuoted { body.append(UInt8(ascii: "\"")) }
  }

  /// A sign, digits, perhaps a fraction and an exponent.
  private static func isNumber(_ cell: UnsafeRawBufferPointer) -> Bool {
    var rest = cell[...]
    func dropDigits() -> Bool {
      let digits = rest.prefix { $0 &- 0x30 < 10 }.count
      rest = rest.dropFirst(digits)
      return digits > 0
    }
    if let sign = rest.first, "+-".utf8.contains(sign) { rest = rest.dropFirst() }
    guard dropDigits() else { return false }
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      guard dropDigits() else { return false }
    }
    if let mark = rest.first, "eE".utf8.contains(mark) {
      rest = rest.dropFirst()
      if let sign = rest.first, "+-".utf8.contains(sign) { rest = rest.dropFirst() }
      guard dropDigits() else { return false }
    }
    return rest.isEmpty
  }

  private static let formulaStarts = Array("=+-@\t\r".utf8)
  private static let quotedBytes = Array("\",\r\n".utf8)
}
