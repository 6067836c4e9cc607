import Bytes

extension JSONProjection {
  /// Reads the answer to a list. Every byte is checked; see `JSONScanner`.
  package func readList(_ bytes: UnsafeRawBufferPointer) throws(JSONError) -> JSONTable {
    let table = JSONTable(columns: itemSlots, envelopeSlots: envelopeSlots)
    let reader = try JSONReader(bytes, self, table)
    defer { reader.deallocate() }
    try reader.readDocument { (start) throws(JSONError) in
      if listIsRoot { return try reader.readList(start, depth: 0) }
      guard reader.scanner.base[start] == UInt8(ascii: "{") else {
        return try reader.scanner.skipValue(start, depth: 0)
      }
      return try reader.readObject(start, envelopeNode, table.envelopeStart, depth: 1)
    }
    return table
  }

  /// Reads the answer to a single item: a table of one row.
  package func readItem(_ bytes: UnsafeRawBufferPointer) throws(JSONError) -> JSONTable {
    let table = JSONTable(columns: itemSlots, envelopeSlots: envelopeSlots)
    let reader = try JSONReader(bytes, self, table)
    defer { reader.deallocate() }
    try reader.readDocument { (start) throws(JSONError) in
      try reader.readItem(start, depth: 0)
    }
    return table
  }
}

extension JSONProjection {
  /// Guesses at the names of an object of each kind, by place; those further on share the last one.
  static let guessesPerNode = 64

  fileprivate func makeGuesses() -> UnsafeMutablePointer<KeyGuess> {
    let count = nodeCount * Self.guessesPerNode
    let guesses = HeapMemory.allocate(count * MemoryLayout<KeyGuess>.stride)
      .bindMemory(to: KeyGuess.self, capacity: count)
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

  /// Deallocate it afterwards.
  init(
    _ bytes: UnsafeRawBufferPointer, _ projection: JSONProjection, _ table: JSONTable
  ) throws(JSONError) {
    guard bytes.count < UInt32.max else { throw JSONError(.tooLarge, at: 0) }
    guard let start = bytes.baseAddress, bytes.count > 0 else {
      throw JSONError(.unexpectedEnd, at: 0)
    }
    let base = start.assumingMemoryBound(to: UInt8.self)
    scanner = JSONScanner(
      base: base, end: bytes.count, special: SpecialBytes(base: base, end: bytes.count))
    self.projection = projection
    self.table = table
    guesses = projection.makeGuesses()
  }

  func deallocate() {
    scanner.special.deallocate()
    HeapMemory.free(guesses)
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
      end = try readObject(start, projection.itemNode, row, depth: depth &+ 1)
    } else {
      end = try scanner.skipValue(start, depth: depth)
    }
    row[table.columns] = JSONToken(offset: start, length: end &- start, kind: kind(start, end))
    return end
  }

  /// Reads the object at `start`, inside `depth` open containers with itself. Calls itself for
  /// members with wanted members: as deep as the longest path.
  func readObject(
    _ start: Int, _ node: Int32, _ slots: UnsafeMutablePointer<JSONToken>, depth: Int
  ) throws(JSONError) -> Int {
    guard depth <= JSONScanner.maximumDepth else { throw JSONError(.tooDeep, at: start &+ 1) }
    let first = try scanner.skipSpace(start &+ 1)
    if scanner.base[first] == UInt8(ascii: "}") { return first &+ 1 }
    var seen: UInt64 = 0
    var guess = guesses + Int(node) &* JSONProjection.guessesPerNode
    let lastGuess = guess + (JSONProjection.guessesPerNode &- 1)
    // At the brace, then at what follows each member.
    var position = start
    while true {
      if guess.pointee.holds(at: position, in: scanner) {
        position &+= Int(guess.pointee.length)
        if scanner.base[position] <= 0x20 { position = try scanner.skipSpace(position) }
      } else {
        if position != start {
          position = try scanner.skipSpace(position)
          let byte = scanner.base[position]
          if byte == UInt8(ascii: "}") { return position &+ 1 }
          guard byte == UInt8(ascii: ",") else { throw JSONError(.unexpectedByte, at: position) }
        }
        (position, guess) = try learn(node, position, guess, lastGuess)
      }
      let wanted = guess.pointee.member
      if guess < lastGuess { guess += 1 }
      if let member = wanted {
        if seen & member.pointee.bit != 0 { clear(member, slots) }
        seen |= member.pointee.bit
        if member.pointee.isInner {
          position = try readInner(member, position, slots, depth: depth)
          continue
        }
      }
      let value = position
      var kind = JSONToken.Kind.string
      if scanner.base[value] == UInt8(ascii: "\"") {
        let string = try scanner.skipString(value &+ 1)
        position = string.end
        if string.isEscaped { kind = .escapedString }
      } else {
        (position, kind) = try readUnquoted(value, depth: depth)
      }
      if let member = wanted {
        slots[Int(member.pointee.slot)] = JSONToken(
          offset: value, length: position &- value, kind: kind)
      }
    }
  }

  /// Finds the name after the separator at `start`, which was not the one guessed, among the next
  /// guesses: members may be missing. Or else steps over it, looks it up and makes it a guess there.
  /// Returns where its value begins.
  ///
  /// An object's first guess begins with a brace and stays the first, so that no other does.
  @inline(never)
  private func learn(
    _ node: Int32, _ start: Int, _ guess: UnsafeMutablePointer<KeyGuess>,
    _ last: UnsafeMutablePointer<KeyGuess>
  ) throws(JSONError) -> (value: Int, guess: UnsafeMutablePointer<KeyGuess>) {
    let isFirst = scanner.base[start] == UInt8(ascii: "{")
    if !isFirst {
      for step in 0..<min(4, last - guess) where guess[step].holds(at: start, in: scanner) {
        return (try scanner.skipSpace(start &+ Int(guess[step].length)), guess + step)
      }
    }
    let key = try scanner.skipKey(try scanner.skipSpace(start &+ 1))
    if !isFirst, !guess.pointee.isNone { (guess + 1).update(from: guess, count: last - guess) }
    guess.pointee = KeyGuess(from: start, to: key.value, member(node, key))
    return (key.value, guess)
  }

  /// Reads a member that is the list, or has wanted members if it is an object.
  @inline(never)
  private func readInner(
    _ member: UnsafeMutablePointer<JSONProjection.Member>, _ start: Int,
    _ slots: UnsafeMutablePointer<JSONToken>, depth: Int
  ) throws(JSONError) -> Int {
    let end: Int
    if member.pointee.isList {
      end = try readList(start, depth: depth)
    } else if scanner.base[start] == UInt8(ascii: "{") {
      end = try readObject(start, member.pointee.node, slots, depth: depth &+ 1)
    } else {
      end = try scanner.skipValue(start, depth: depth)
    }
    if member.pointee.slot >= 0 {
      slots[Int(member.pointee.slot)] = JSONToken(
        offset: start, length: end &- start, kind: kind(start, end))
    }
    return end
  }

  /// Steps over a value that is no string.
  @inline(__always)
  private func readUnquoted(
    _ start: Int, depth: Int
  ) throws(JSONError) -> (end: Int, kind: JSONToken.Kind) {
    switch scanner.base[start] {
    case UInt8(ascii: "{"): (try scanner.skipValue(start, depth: depth), .object)
    case UInt8(ascii: "["): (try scanner.skipValue(start, depth: depth), .array)
    default: try scanner.skipLiteral(start)
    }
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
