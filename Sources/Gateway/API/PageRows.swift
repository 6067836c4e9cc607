import Bytes
import Sessions

/// The sessions of a page as text, with the fields and permissions of the request: the same bytes in
/// an answer and on the command line's output.
struct PageRows {
  let writers: [SessionWriter]
  private let parameters: ListParameters

  /// - Parameter sources: those of the page, in its order.
  init(_ parameters: ListParameters, of sources: [Source], showsContact: Bool) {
    self.parameters = parameters
    writers = sources.map {
      SessionWriter(
        $0.rendering, fields: parameters.fields, includesRaw: parameters.includesRaw,
        showsContact: showsContact)
    }
  }

  /// - Parameter isFirst: whether the rows begin the text: CSV then begins with its header line.
  /// - Returns: the range of what was written.
  func write(
    _ rows: [(source: Int, row: SourceRow)], as format: ListParameters.Format,
    isFirst: Bool = true, to body: ByteBuffer
  ) -> Range<Int> {
    switch format {
    case .json: write(rows, separator: UInt8(ascii: ","), endsWithIt: false, to: body)
    case .ndjson: write(rows, separator: UInt8(ascii: "\n"), endsWithIt: true, to: body)
    case .csv:
      CSVPage(parameters, writers: writers).write(rows, hasHeader: isFirst, to: body)
    }
  }

  private func write(
    _ rows: [(source: Int, row: SourceRow)], separator: UInt8, endsWithIt: Bool,
    to body: ByteBuffer
  ) -> Range<Int> {
    let start = body.count
    var session = Window.blank
    for (index, (source, row)) in rows.enumerated() {
      if index > 0 { body.append(separator) }
      prefetch(rows, after: index)
      row.window.read(row.index, into: &session)
      writers[source].write(session, of: row.window, to: body)
    }
    if endsWithIt, !rows.isEmpty { body.append(separator) }
    return start..<body.count
  }

  /// While one row is written, the next are fetched into the processor's caches. Their windows came one
  /// by one, and those of many other pages between them. To write one takes longer than memory does to
  /// answer; tokens are asked for further ahead, since they must be there to say where the text is.
  private func prefetch(_ rows: [(source: Int, row: SourceRow)], after index: Int) {
    if index + 4 < rows.count { rows[index + 4].row.prefetch(.tokens) }
    if index + 2 < rows.count { rows[index + 2].row.prefetch(.text) }
  }
}
