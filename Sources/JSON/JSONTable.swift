import Bytes
import CBytes

/// What a `JSONProjection` found in one document: a row of tokens for each item of its list, and the
/// envelope's tokens. Tokens point into the bytes that were read; the table keeps none of them.
///
/// `@unchecked Sendable`: the projection that makes a table fills it before it gives it away, and what
/// others can reach only reads it.
/// `@exclusivity(unchecked)`: as for `ByteBuffer`, no method hands out a property `inout`.
package final class JSONTable: @unchecked Sendable {
  package let columns: Int
  @exclusivity(unchecked) package private(set) var rowCount = 0
  /// The list itself: `absent` when the document has none, any kind but `array` when something else
  /// stands in its place.
  package internal(set) var list = JSONToken.absent
  private let envelope: UnsafeMutablePointer<JSONToken>
  /// The envelope's tokens, and after each row's tokens one for the item as a whole.
  @exclusivity(unchecked) private var rows: UnsafeMutablePointer<JSONToken>
  @exclusivity(unchecked) private var rowCapacity: Int

  init(columns: Int, envelopeSlots: Int) {
    self.columns = columns
    rowCapacity = 64
    rows = Self.allocate(rowCapacity * (columns + 1))
    envelope = Self.allocate(max(1, envelopeSlots))
    envelope.initialize(repeating: .absent, count: max(1, envelopeSlots))
    self.envelopeSlots = envelopeSlots
  }

  private let envelopeSlots: Int

  deinit {
    HeapMemory.free(rows)
    HeapMemory.free(envelope)
  }

  private static func allocate(_ count: Int) -> UnsafeMutablePointer<JSONToken> {
    HeapMemory.allocate(count * MemoryLayout<JSONToken>.stride)
      .bindMemory(to: JSONToken.self, capacity: count)
  }

  /// The tokens of one item, and last that of the item as a whole. Valid while the table lives.
  package func row(_ index: Int) -> UnsafeBufferPointer<JSONToken> {
    precondition(index >= 0 && index < rowCount, "a row that is not there")
    return UnsafeBufferPointer(start: rows + index * (columns + 1), count: columns + 1)
  }

  /// Asks the processor to have a row's tokens at hand soon: of what was read some time ago, much has
  /// left its caches since.
  package func prefetch(_ index: Int) {
    let row = UnsafeRawBufferPointer(row(index))
    for offset in stride(from: 0, to: row.count, by: Self.cacheLine) {
      bytes_prefetch(row.baseAddress.map { $0 + offset })
    }
  }

  /// The same of what a row's tokens point to.
  package func prefetchValues(_ index: Int, in source: UnsafeRawBufferPointer) {
    for token in row(index) { bytes_prefetch(source.baseAddress.map { $0 + Int(token.offset) }) }
  }

  /// Bytes that a processor fetches together, on nearly all.
  private static let cacheLine = 64

  /// Bytes of memory that this takes, about.
  package var byteCount: Int {
    (rowCapacity * (columns + 1) + envelopeSlots) * MemoryLayout<JSONToken>.stride
  }

  package func envelope(_ slot: Int) -> JSONToken {
    precondition(slot >= 0 && slot < envelopeSlots, "a slot that is not there")
    return envelope[slot]
  }

  // MARK: Filling

  var envelopeStart: UnsafeMutablePointer<JSONToken> { envelope }

  /// A fresh row with every token absent, valid until the next one is added.
  func addRow() -> UnsafeMutablePointer<JSONToken> {
    if rowCount == rowCapacity { growRows() }
    let row = rows + rowCount * (columns + 1)
    row.initialize(repeating: .absent, count: columns + 1)
    rowCount += 1
    return row
  }

  func removeRows() { rowCount = 0 }

  private func growRows() {
    rowCapacity *= 2
    let count = rowCapacity * (columns + 1)
    rows = HeapMemory.grow(rows, to: count * MemoryLayout<JSONToken>.stride)
      .bindMemory(to: JSONToken.self, capacity: count)
  }
}
