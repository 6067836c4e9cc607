/// The fields of a message in order of arrival: one block of bytes and ranges into it. Names match
/// without case (RFC 9110, 5.1). Looking one up walks the list: messages have about ten.
///
/// Not `HTTPFields` of swift-http-types: that makes two Strings a field and hashes every name,
/// where a request of this gateway looks at three of them.
package struct Fields: Sendable {
  private var storage: [UInt8] = []
  private var entries: [Entry] = []

  /// Offsets of one field into the block. 32 bits: a head is far below 4 GiB.
  struct Entry {
    var nameStart: UInt32
    var nameEnd: UInt32
    var valueStart: UInt32
    var valueEnd: UInt32

    init(name: Range<Int>, value: Range<Int>) {
      nameStart = UInt32(name.lowerBound)
      nameEnd = UInt32(name.upperBound)
      valueStart = UInt32(value.lowerBound)
      valueEnd = UInt32(value.upperBound)
    }

    var name: Range<Int> { Int(nameStart)..<Int(nameEnd) }
    var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }
  }

  package init() {}

  package init(_ pairs: [(String, String)]) {
    // With room for what is added to most messages.
    entries.reserveCapacity(pairs.count + 6)
    storage.reserveCapacity(512)
    for (name, value) in pairs { append(name, value) }
  }

  /// Fields as a parser found them: one copy for all; `entries` count from the block's start.
  init(block: UnsafeRawBufferPointer, entries: [Entry]) {
    storage = Array(block)
    self.entries = entries
  }

  package var count: Int { entries.count }
  package var isEmpty: Bool { entries.isEmpty }

  package mutating func append(_ name: String, _ value: String) {
    append(name: name.utf8, value: value.utf8)
  }

  /// The caller has checked that name and value are valid; an encoder checks again.
  package mutating func append(
    name: some Collection<UInt8>, value: some Collection<UInt8>
  ) {
    let start = storage.count
    storage.append(contentsOf: name)
    let middle = storage.count
    storage.append(contentsOf: value)
    entries.append(Entry(name: start..<middle, value: middle..<storage.count))
  }

  package mutating func remove(_ name: StaticString) {
    entries = entries.filter { !matches($0, name) }
  }

  /// The first value under `name`.
  package subscript(name: StaticString) -> String? {
    for entry in entries where matches(entry, name) {
      return String(decoding: storage[entry.value], as: UTF8.self)
    }
    return nil
  }

  /// Every value under `name`, in order, not split at commas.
  package func values(_ name: StaticString) -> [String] {
    entries.filter { matches($0, name) }
      .map { String(decoding: storage[$0.value], as: UTF8.self) }
  }

  /// The elements of all values under `name`, split at commas outside quoted strings, without the
  /// space around them and without empty ones (RFC 9110, 5.6.1).
  package func elements(_ name: StaticString) -> [String] {
    var found: [String] = []
    for entry in entries where matches(entry, name) {
      splitList(entry.value) { found.append(String(decoding: storage[$0], as: UTF8.self)) }
    }
    return found
  }

  package func contains(_ name: StaticString) -> Bool {
    entries.contains { matches($0, name) }
  }

  /// All fields, for encoders and tests.
  package func forEach(_ body: (_ name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) -> Void) {
    for entry in entries { body(storage[entry.name], storage[entry.value]) }
  }

  /// All fields as raw bytes; the pointers are valid during the call only.
  func forEachRaw<E: Error>(
    _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(E) -> Void
  ) throws(E) {
    let result: Result<Void, E> = storage.withUnsafeBytes { bytes in
      for entry in entries {
        do throws(E) {
          try body(bytes.slice(entry.name), bytes.slice(entry.value))
        } catch {
          return .failure(error)
        }
      }
      return .success(())
    }
    try result.get()
  }

  private func splitList(_ value: Range<Int>, _ element: (Range<Int>) -> Void) {
    var start = value.lowerBound
    var quoted = false
    var index = start
    while index <= value.upperBound {
      let atEnd = index == value.upperBound
      if atEnd || (storage[index] == UInt8(ascii: ",") && !quoted) {
        let range = storage.withUnsafeBytes { $0.trimmingSpace(start..<index) }
        if !range.isEmpty { element(range) }
        start = index + 1
      } else if storage[index] == UInt8(ascii: "\"") {
        quoted.toggle()
      } else if quoted, storage[index] == UInt8(ascii: "\\"), index + 1 < value.upperBound {
        index += 1
      }
      index += 1
    }
  }

  private func matches(_ entry: Entry, _ name: StaticString) -> Bool {
    let start = Int(entry.nameStart)
    guard Int(entry.nameEnd) - start == name.utf8CodeUnitCount else { return false }
    for offset in 0..<name.utf8CodeUnitCount
    where lowercased(storage[start + offset]) != lowercased(name.utf8Start[offset]) {
      return false
    }
    return true
  }
}
