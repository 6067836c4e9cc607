extension JSONProjection {
  /// Reads the answer to a list. Every byte is checked; see `JSONScanner`.
  package func readList(_ bytes: UnsafeRawBufferPointer) throws(JSONError) -> JSONTable {
    let table = JSONTable(columns: itemSlots, envelopeSlots: envelopeSlots)
    let guesses = makeGuesses()
    defer { guesses.deallocate() }
    let reader = try JSONReader(bytes, self, table, guesses)
    try reader.readDocument { (start) throws(JSONError) in
      if listIsRoot { return try reader.readList(start, depth: 0) }
      guard reader.scanner.base[start] == UInt8(ascii: "{") else {
        return try reader.scanner.skipValue(start, depth: 0)
      }
      return try reader.readObject(start &+ 1, envelopeNode, table.envelopeStart, depth: 1)
    }
    return table
  }

  /// Reads the answer to a single item: a table of one row.
  package func readItem(_ bytes: UnsafeRawBufferPointer) throws(JSONError) -> JSONTable {
    let table = JSONTable(columns: itemSlots, envelopeSlots: envelopeSlots)
    let guesses = makeGuesses()
    defer { guesses.deallocate() }
    let reader = try JSONReader(bytes, self, table, guesses)
    try reader.readDocument { (start) throws(JSONError) in
      try reader.readItem(start, depth: 0)
    }
    return table
  }
}

extension JSONProjection {
  /// Guesses at the names of an object of each kind, by place; those further on share the last one.
  static let guessesPerNode = 64

  private func makeGuesses() -> UnsafeMutablePointer<KeyGuess> {
    let count = nodeCount * Self.guessesPerNode
    let guesses = UnsafeMutablePointer<KeyGuess>.allocate(capacity: count)
    guesses.initialize(repeating: KeyGuess(), count: count)
    return guesses
  }
}

/// One pass over one document: fills the slots of a projection and steps over everything else.
struct JSONReader {
  let scanner: JSONScanner
  private let projection: JSONProjection
  private let table: JSONTable
  private let guesses: UnsafeMutablePointer<KeyGuess>

  /// - Parameter guesses: for every node, kept by the caller while this reads.
  init(
    _ bytes: UnsafeRawBufferPointer, _ projection: JSONProjection, _ table: JSONTable,
    _ guesses: UnsafeMutablePointer<KeyGuess>
  ) throws(JSONError) {
    guard bytes.count < UInt32.max else { throw JSONError(.tooLarge, at: 0) }
    guard let start = bytes.baseAddress, bytes.count > 0 else {
      throw JSONError(.unexpectedEnd, at: 0)
    }
    scanner = JSONScanner(
      base: start.assumingMemoryBound(to: UInt8.self), end: bytes.count)
    self.projection = projection
    self.table = table
    self.guesses = guesses
  }

  /// Reads one value with white space around it, and nothing else.
  func readDocument(_ value: (Int) throws(JSONError) -> Int) throws(JSONError) {
    let start = try scanner.skipSpace(0)
    let end = scanner.skipTrailingSpace(try value(start))
    guard end == scanner.end else { throw JSONError(.trailingBytes, at: end) }
  }

  /// Reads the value at `start` as the list: one row an item. A list met twice starts over, since
  /// the last of equal names wins.
  func readList(_ start: Int, depth: Int) throws(JSONError) -> Int {
    table.removeRows()
    guard scanner.base[start] == UInt8(ascii: "[") else {
      let end = try scanner.skipValue(start, depth: depth)
      table.list = JSONToken(offset: start, length: end &- start, kind: kind(start, end))
      return end
    }
    var position = try scanner.skipSpace(start &+ 1)
    if scanner.base[position] == UInt8(ascii: "]") {
      position &+= 1
    } else {
      while true {
        position = try scanner.skipSpace(try readItem(position, depth: depth &+ 1))
        let byte = scanner.base[position]
        position &+= 1
        if byte == UInt8(ascii: "]") { break }
        guard byte == UInt8(ascii: ",") else {
          throw JSONError(.unexpectedByte, at: position &- 1)
        }
        position = try scanner.skipSpace(position)
      }
    }
    table.list = JSONToken(offset: start, length: position &- start, kind: .array)
    return position
  }

  /// Reads the value at `start` as an item. One that is no object has a row without members.
  func readItem(_ start: Int, depth: Int) throws(JSONError) -> Int {
    let row = table.addRow()
    var end: Int
    if scanner.base[start] == UInt8(ascii: "{") {
      guard depth < JSONScanner.maximumDepth else { throw JSONError(.tooDeep, at: start) }
      end = try readObject(start &+ 1, projection.itemNode, row, depth: depth &+ 1)
    } else {
      end = try scanner.skipValue(start, depth: depth)
    }
    row[table.columns] = JSONToken(offset: start, length: end &- start, kind: kind(start, end))
    return end
  }

  /// Reads an object's members from the byte after its brace, inside `depth` open containers with
  /// its own. Calls itself for members with wanted members: as deep as the longest path.
  func readObject(
    _ start: Int, _ node: Int32, _ slots: UnsafeMutablePointer<JSONToken>, depth: Int
  ) throws(JSONError) -> Int {
    guard depth <= JSONScanner.maximumDepth else { throw JSONError(.tooDeep, at: start) }
    var position = try scanner.skipSpace(start)
    if scanner.base[position] == UInt8(ascii: "}") { return position &+ 1 }
    var seen: UInt64 = 0
    var guess = guesses + Int(node) &* JSONProjection.guessesPerNode
    let lastGuess = guess + (JSONProjection.guessesPerNode &- 1)
    while true {
      if guess.pointee.holds(at: position, in: scanner) {
        position = try scanner.skipSpace(position &+ Int(guess.pointee.length))
      } else {
        position = try learn(node, position, guess)
      }
      let wanted = guess.pointee.member
      if guess < lastGuess { guess += 1 }
      if let member = wanted {
        position = try readMember(member, position, slots, &seen, depth: depth)
      } else if scanner.base[position] == UInt8(ascii: "\"") {
        position = try scanner.skipString(position &+ 1).end
      } else {
        position = try skipUnquoted(position, depth: depth)
      }
      position = try scanner.skipSpace(position)
      let byte = scanner.base[position]
      position &+= 1
      if byte == UInt8(ascii: "}") { return position }
      guard byte == UInt8(ascii: ",") else {
        throw JSONError(.unexpectedByte, at: position &- 1)
      }
      position = try scanner.skipSpace(position)
    }
  }

  /// Steps over a name that was not guessed, looks it up and makes it the next guess. Returns where its value
  /// begins.
  @inline(never)
  private func learn(
    _ node: Int32, _ start: Int, _ guess: UnsafeMutablePointer<KeyGuess>
  ) throws(JSONError) -> Int {
    let key = try scanner.skipKey(start)
    guess.pointee = KeyGuess(key, member(node, key), in: scanner)
    return key.value
  }

  @inline(__always)
  private func readMember(
    _ member: UnsafeMutablePointer<JSONProjection.Member>, _ start: Int,
    _ slots: UnsafeMutablePointer<JSONToken>, _ seen: inout UInt64, depth: Int
  ) throws(JSONError) -> Int {
    if seen & member.pointee.bit != 0 { clear(member, slots) }
    seen |= member.pointee.bit
    let end: Int
    var kind = JSONToken.Kind.absent
    let byte = scanner.base[start]
    if byte == UInt8(ascii: "\"") {
      let string = try scanner.skipString(start &+ 1)
      end = string.end
      kind = string.isEscaped ? .escapedString : .string
      if member.pointee.isList { _ = try readList(start, depth: depth) }
    } else if member.pointee.isList {
      end = try readList(start, depth: depth)
      kind = self.kind(start, end)
    } else if member.pointee.node >= 0, byte == UInt8(ascii: "{") {
      end = try readObject(start &+ 1, member.pointee.node, slots, depth: depth &+ 1)
      kind = .object
    } else {
      end = try skipUnquoted(start, depth: depth)
      kind = self.kind(start, end)
    }
    if member.pointee.slot >= 0 {
      slots[Int(member.pointee.slot)] = JSONToken(
        offset: start, length: end &- start, kind: kind)
    }
    return end
  }

  /// Steps over a value that is no string.
  @inline(__always)
  private func skipUnquoted(_ start: Int, depth: Int) throws(JSONError) -> Int {
    let byte = scanner.base[start]
    if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
      return try scanner.skipValue(start, depth: depth)
    }
    return try scanner.skipLiteral(start)
  }

  @inline(never)
  private func clear(
    _ member: UnsafeMutablePointer<JSONProjection.Member>, _ slots: UnsafeMutablePointer<JSONToken>
  ) {
    for index in 0..<member.pointee.subtreeCount {
      slots[Int(projection.subtreeSlots[Int(member.pointee.subtreeStart + index)])] = .absent
    }
  }

  @inline(__always)
  private func member(
    _ node: Int32, _ key: JSONScanner.Key
  ) -> UnsafeMutablePointer<JSONProjection.Member>? {
    if key.isEscaped { return escapedMember(node, key) }
    return projection.member(
      node, scanner.base + key.start, key.end &- key.start, readable: scanner.end &- key.start)
  }

  /// A name with escapes is compared by its value.
  @inline(never)
  private func escapedMember(
    _ node: Int32, _ key: JSONScanner.Key
  ) -> UnsafeMutablePointer<JSONProjection.Member>? {
    let length = key.end - key.start
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: length) { name in
      guard let start = name.baseAddress else { return nil }
      let raw = UnsafeRawBufferPointer(start: scanner.base + key.start, count: length)
      let count = JSONText.unescape(raw, into: start)
      return projection.member(node, start, count, readable: count)
    }
  }

  /// The kind of the value from `start` to `end`, which has been stepped over. Strings, which come
  /// here only in place of something else, are looked through once more.
  @inline(__always)
  private func kind(_ start: Int, _ end: Int) -> JSONToken.Kind {
    switch scanner.base[start] {
    case UInt8(ascii: "\""): hasEscape(start, end) ? .escapedString : .string
    case UInt8(ascii: "{"): .object
    case UInt8(ascii: "["): .array
    case UInt8(ascii: "t"): .true
    case UInt8(ascii: "f"): .false
    case UInt8(ascii: "n"): .null
    default: .number
    }
  }

  @inline(never)
  private func hasEscape(_ start: Int, _ end: Int) -> Bool {
    UnsafeBufferPointer(start: scanner.base + start, count: end &- start)
      .contains(UInt8(ascii: "\\"))
  }
}
