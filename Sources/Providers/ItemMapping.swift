import Bytes
import JSON
import Sessions

/// What a provider says about reading its answers: its projection, and how a row of it becomes a
/// session. The rest, which ids and times are usable and what is counted, is the same for all.
struct ItemMapping<Slot: RawRepresentable & CaseIterable & Sendable>: Sendable
where Slot.RawValue == Int {
  let projection: JSONProjection
  private let id: Slot
  private let createdAt: Slot
  private let updatedAt: Slot

  /// Fills in a session, but for its id, `createdAt` and `updatedAt`. Called whenever one is written or
  /// filtered, on any loop: it depends on the row alone.
  typealias Completion = @Sendable (inout Session, ItemRow<Slot>) -> Void

  /// `path` names each slot's member inside an item.
  init(
    list: String?, envelope: [String] = [], id: Slot, createdAt: Slot, updatedAt: Slot,
    path: (Slot) -> String
  ) {
    projection = JSONProjection(list: list, envelope: envelope, item: Slot.allCases.map(path))
    self.id = id
    self.createdAt = createdAt
    self.updatedAt = updatedAt
  }

  /// Checks a list's answer and finds its rows.
  func list(_ body: ByteBuffer) throws(PayloadError) -> JSONTable {
    let table: JSONTable
    do { table = try projection.readList(body.bytes) } catch {
      throw PayloadError("not JSON: \(error)")
    }
    guard table.list.kind == .array else {
      throw PayloadError("the list is not an array but \(table.list.kind)")
    }
    return table
  }

  /// Makes a window of a list's rows. `body` becomes its storage.
  func window(
    _ table: JSONTable, _ body: ByteBuffer, answering request: WindowRequest,
    end: Window.ListEnd, total: Window.Total?, complete: @escaping Completion
  ) -> Window {
    let source = body.bytes
    var positions: [Int32] = []
    positions.reserveCapacity(table.rowCount)
    var rows: [Window.Row] = []
    rows.reserveCapacity(table.rowCount)
    var hasEscapedIDs = false
    for index in 0..<table.rowCount {
      let row = ItemRow<Slot>(tokens: table.row(index), source: source)
      let id = row.string(id)
      guard row.item.isObject, id.length > 2, let createdAt = row.time(createdAt) else {
        continue
      }
      if id.isEscaped { hasEscapedIDs = true }
      let range = id.range
      rows.append(
        Window.Row(
          nativeID: range.lowerBound + 1..<range.upperBound - 1, createdAt: createdAt,
          updatedAt: row.time(updatedAt)))
      positions.append(Int32(truncatingIfNeeded: index))
    }
    if hasEscapedIDs { resolveEscapedIDs(&rows, positions, table, body) }
    return Window(
      storage: body, rows: rows, positions: positions, rawCount: table.rowCount,
      rejected: table.rowCount - rows.count, offset: request.offset,
      requested: request.count, end: end, total: total, table: table
    ) { position, storage, session in
      let row = ItemRow<Slot>(tokens: table.row(position), source: storage)
      session.raw = row.item
      complete(&session, row)
    }
  }

  /// Reads the answer to a single item: a window of one session.
  func item(
    _ body: ByteBuffer, complete: @escaping Completion
  ) throws(PayloadError) -> Window {
    let table: JSONTable
    do { table = try projection.readItem(body.bytes) } catch {
      throw PayloadError("not JSON: \(error)")
    }
    let window = window(
      table, body, answering: WindowRequest(offset: 0, count: 1), end: .here, total: nil,
      complete: complete)
    guard window.rejected == 0 else {
      throw PayloadError("the item is no session with an id and a creation time")
    }
    return window
  }

  /// Puts the text of ids with escapes behind the body: ids are compared as they are meant.
  private func resolveEscapedIDs(
    _ rows: inout [Window.Row], _ positions: [Int32], _ table: JSONTable, _ body: ByteBuffer
  ) {
    for index in rows.indices {
      let id = table.row(Int(positions[index]))[id.rawValue]
      guard id.isEscaped else { continue }
      body.reserve(Int(id.length))
      let start = body.count
      body.append(textOf: id, in: body.bytes)
      rows[index].nativeID = start..<body.count
    }
  }
}
