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

  /// `path` names each slot's member inside an item.
  init(
    list: String?, envelope: [String] = [], id: Slot, createdAt: Slot, path: (Slot) -> String
  ) {
    projection = JSONProjection(list: list, envelope: envelope, item: Slot.allCases.map(path))
    self.id = id
    self.createdAt = createdAt
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
    end: Window.ListEnd, total: Window.Total?,
    complete: (inout Session, ItemRow<Slot>) -> Void
  ) -> Window {
    var sessions: [Session] = []
    var positions: [Int32] = []
    sessions.reserveCapacity(table.rowCount)
    positions.reserveCapacity(table.rowCount)
    let source = body.bytes
    for index in 0..<table.rowCount {
      let row = ItemRow<Slot>(tokens: table.row(index), source: source)
      guard var session = session(row) else { continue }
      complete(&session, row)
      sessions.append(session)
      positions.append(Int32(index))
    }
    resolveEscapedIDs(&sessions, positions, table, body)
    return Window(
      storage: body, sessions: sessions, positions: positions, rawCount: table.rowCount,
      rejected: table.rowCount - sessions.count, offset: request.offset,
      requested: request.count, end: end, total: total)
  }

  /// Reads the answer to a single item: a window of one session.
  func item(
    _ body: ByteBuffer, complete: (inout Session, ItemRow<Slot>) -> Void
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

  /// A session with id and creation time, or nil when one of them is not usable.
  private func session(_ row: ItemRow<Slot>) -> Session? {
    let id = row.string(id)
    guard row.item.kind == .object, id.length > 2, let createdAt = row.time(createdAt) else {
      return nil
    }
    let range = id.range
    return Session(
      nativeID: range.lowerBound + 1..<range.upperBound - 1, createdAt: createdAt, raw: row.item)
  }

  /// Puts the text of ids with escapes behind the body: ids are compared as they are meant.
  private func resolveEscapedIDs(
    _ sessions: inout [Session], _ positions: [Int32], _ table: JSONTable, _ body: ByteBuffer
  ) {
    for index in sessions.indices {
      let id = table.row(Int(positions[index]))[id.rawValue]
      guard id.kind == .escapedString else { continue }
      body.reserve(Int(id.length))
      let start = body.count
      body.append(textOf: id, in: body.bytes)
      sessions[index].nativeID = start..<body.count
    }
  }
}
