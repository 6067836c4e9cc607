/// The fields of a message in order of arrival: one block of bytes and ranges into it. Names match
/// without case (RFC 9110, 5.1). Looking one up walks the list: messages have about ten.
///
/// Not `HTTPFields` of swift-http-types: that makes two Strings a field and hashes every name, where
/// a request of this gateway looks at three of them.
package struct Fields: Sendable {
  private var storage: [UInt8] = []
  private var entries: [Entry] = []

  private struct Entry {
    var name: Range<Int>
    var value: Range<Int>
  }

  package init() {}

  package init(_ pairs: [(String, String)]) {
    for (name, value) in pairs { append(name, value) }
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

  package func contains(_ name: StaticString) -> Bool {
    entries.contains { matches($0, name) }
  }

  /// All fields, for encoders and tests.
  package func forEach(_ body: (_ name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) -> Void) {
    for entry in entries { body(storage[entry.name], storage[entry.value]) }
  }

  private func matches(_ entry: Entry, _ name: StaticString) -> Bool {
    guard entry.name.count == name.utf8CodeUnitCount else { return false }
    for offset in 0..<entry.name.count
    where lowercased(storage[entry.name.lowerBound + offset]) != lowercased(name.utf8Start[offset])
    {
      return false
    }
    return true
  }

  private func lowercased(_ byte: UInt8) -> UInt8 {
    byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
  }
}
