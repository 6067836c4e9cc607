/// Where a traversal stands: all that a replica needs to go on, and nothing about the caller.
package struct Cursor: Equatable, Sendable {
  /// `SessionQuery.fingerprint` of the query that it belongs to.
  package var query: UInt64
  /// When the traversal's first page was asked for: ascending orders end there, and answers kept
  /// from before are not used.
  package var startedAt: Timestamp
  /// When this cursor was made; it expires some time after.
  package var issuedAt: Timestamp
  package var sources: [Source]

  package struct Source: Equatable, Sendable {
    package var name: String
    package var position: SourcePosition
    package init(name: String, position: SourcePosition) {
      self.name = name
      self.position = position
    }
  }

  package init(query: UInt64, startedAt: Timestamp, issuedAt: Timestamp, sources: [Source]) {
    self.query = query
    self.startedAt = startedAt
    self.issuedAt = issuedAt
    self.sources = sources
  }
}

// MARK: Bytes

extension Cursor {
  /// Of the layout below. Another number is a cursor of another release.
  private static let version: UInt8 = 1
  /// More than any configuration has; bounds what a decoder allocates.
  private static let mostSources = 1_000

  private struct Flags: OptionSet {
    let rawValue: UInt8
    static let exhausted = Flags(rawValue: 1)
    static let scanned = Flags(rawValue: 2)
    static let sawDisorder = Flags(rawValue: 4)
    static let returnedAhead = Flags(rawValue: 8)
    static let hasID = Flags(rawValue: 16)
    static let hasHash = Flags(rawValue: 32)
    static let hasHint = Flags(rawValue: 64)
    static let hasLateReturned = Flags(rawValue: 128)
  }

  /// Version, query, times and sources; integers as variable-length quantities, ranks as distances
  /// from one another.
  package func encoded() -> [UInt8] {
    var writer = CursorWriter()
    // What each source takes with an id of usual length, and less than that for the rest.
    writer.bytes.reserveCapacity(64 * (1 + sources.count))
    writer.bytes.append(Self.version)
    writer.write(fixed: query)
    writer.write(signed: startedAt.milliseconds)
    writer.write(signed: issuedAt.milliseconds &- startedAt.milliseconds)
    writer.write(UInt64(sources.count))
    for source in sources { Self.write(source, to: &writer) }
    return writer.bytes
  }

  private static func write(_ source: Source, to writer: inout CursorWriter) {
    let position = source.position
    var flags: Flags = []
    if position.isExhausted { flags.insert(.exhausted) }
    if position.isScanned { flags.insert(.scanned) }
    if position.sawDisorder { flags.insert(.sawDisorder) }
    if position.returnedAhead { flags.insert(.returnedAhead) }
    // Nothing more is asked of an exhausted source.
    if !position.isExhausted {
      if position.afterID != nil { flags.insert(.hasID) }
      if position.afterID?.hash != nil { flags.insert(.hasHash) }
      if position.hint != nil { flags.insert(.hasHint) }
      if position.lateReturned > 0 { flags.insert(.hasLateReturned) }
    }
    writer.write(text: source.name.utf8)
    writer.bytes.append(flags.rawValue)
    guard !position.isExhausted else { return }
    writer.write(signed: position.rank)
    writer.write(signed: position.rank &- position.anchor)
    writer.write(signed: position.readTo &- position.rank)
    if let id = position.afterID {
      writer.write(text: id.bytes)
      if let hash = id.hash { writer.write(fixed: hash) }
    }
    if let hint = position.hint { writer.write(UInt64(hint)) }
    if position.lateReturned > 0 { writer.write(UInt64(position.lateReturned)) }
  }

  /// Nil for anything that `encoded` does not write.
  package init?(encoded bytes: [UInt8]) {
    var reader = CursorReader(bytes: bytes)
    guard reader.byte() == Self.version, let query = reader.fixed(),
      let started = reader.signed(), let age = reader.signed(),
      let count = reader.unsigned(), count <= Self.mostSources
    else { return nil }
    self.query = query
    startedAt = Timestamp(milliseconds: started)
    issuedAt = Timestamp(milliseconds: started &+ age)
    sources = []
    for _ in 0..<count {
      guard let source = Self.readSource(&reader) else { return nil }
      sources.append(source)
    }
    // Longer integers, flags without a meaning, names that are no UTF-8.
    guard reader.isAtEnd, encoded() == bytes else { return nil }
  }

  private static func readSource(_ reader: inout CursorReader) -> Source? {
    guard let name = reader.text(), let raw = reader.byte() else { return nil }
    let flags = Flags(rawValue: raw)
    var position = SourcePosition(startingAt: .min)
    position.isExhausted = flags.contains(.exhausted)
    position.isScanned = flags.contains(.scanned)
    position.sawDisorder = flags.contains(.sawDisorder)
    position.returnedAhead = flags.contains(.returnedAhead)
    if !position.isExhausted {
      guard let rank = reader.signed(), let back = reader.signed(), let ahead = reader.signed()
      else { return nil }
      position.rank = rank
      position.anchor = rank &- back
      position.readTo = rank &+ ahead
      if flags.contains(.hasID) {
        guard let id = reader.text() else { return nil }
        var hash: UInt64?
        if flags.contains(.hasHash) {
          guard let stored = reader.fixed() else { return nil }
          hash = stored
        }
        position.afterID = BoundaryID(bytes: id, hash: hash)
      }
      if flags.contains(.hasHint) {
        guard let hint = reader.unsigned(), hint <= Int32.max else { return nil }
        position.hint = Int(hint)
      }
      if flags.contains(.hasLateReturned) {
        guard let count = reader.unsigned(), count <= Int32.max else { return nil }
        position.lateReturned = Int(count)
      }
    }
    return Source(name: String(decoding: name, as: UTF8.self), position: position)
  }
}

private struct CursorWriter {
  var bytes: [UInt8] = []

  mutating func write(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// Zigzag, so that small negative numbers are short too.
  mutating func write(signed value: Int64) {
    write(UInt64(bitPattern: value << 1 ^ value >> 63))
  }

  mutating func write(fixed value: UInt64) {
    for shift in stride(from: 56, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
    }
  }

  mutating func write(text: some Collection<UInt8>) {
    write(UInt64(text.count))
    bytes += text
  }
}

private struct CursorReader {
  let bytes: [UInt8]
  private var next = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { next == bytes.count }

  mutating func byte() -> UInt8? {
    guard next < bytes.count else { return nil }
    defer { next += 1 }
    return bytes[next]
  }

  mutating func unsigned() -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), through: 63, by: 7) {
      guard let byte = byte() else { return nil }
      value |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 { return value }
    }
    return nil
  }

  mutating func signed() -> Int64? {
    unsigned().map { Int64(bitPattern: $0 >> 1) ^ -Int64(bitPattern: $0 & 1) }
  }

  mutating func fixed() -> UInt64? {
    guard next + 8 <= bytes.count else { return nil }
    defer { next += 8 }
    return bytes[next..<next + 8].reduce(0) { $0 << 8 | UInt64($1) }
  }

  mutating func text() -> [UInt8]? {
    guard let count = unsigned(), count <= bytes.count - next else { return nil }
    defer { next += Int(count) }
    return Array(bytes[next..<next + Int(count)])
  }
}
