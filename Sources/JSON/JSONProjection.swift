/// Which members of a document are wanted, compiled for a reader that visits the document once: a
/// trie of their names with one perfect hash table a node.
///
/// A projection describes both answers that an API gives: a list (an array at the root or under a
/// member, with some members of the envelope around it) and a single item of that list.
///
/// `@unchecked Sendable`: the memory behind the pointers is written by `init` alone.
package final class JSONProjection: @unchecked Sendable {
  let nodes: UnsafeMutablePointer<Node>
  let members: UnsafeMutablePointer<Member>
  /// Slots to clear when a member is met again, one run a member.
  let subtreeSlots: UnsafeMutablePointer<Int32>
  /// The root of an item's members, and of the envelope's.
  let itemNode: Int32
  let envelopeNode: Int32
  let listIsRoot: Bool
  /// Tokens of one item, and of the envelope.
  package let itemSlots: Int
  package let envelopeSlots: Int

  /// The members of an object that are wanted: a hash table at `table` in `members`, of a power of
  /// two entries, indexed by the upper bits of a product.
  struct Node {
    var table: Int32 = 0
    var shift: UInt64 = 63
    var multiplier: UInt64 = 0
  }

  /// One entry of a hash table. A name is compared by its length, first and last eight bytes, and
  /// in full only when it is longer than both together.
  struct Member {
    var head: UInt64 = 0
    var tail: UInt64 = 0
    var name: StaticName = StaticName()
    /// Where its token goes, or -1.
    var slot: Int32 = -1
    /// The members wanted inside of it, or -1.
    var node: Int32 = -1
    /// Its bit in the set of members that an object has had.
    var bit: UInt64 = 0
    var subtreeStart: Int32 = 0
    var subtreeCount: Int32 = 0
    var isList = false
    /// The list, or with wanted members inside. Any other has a slot.
    var isInner: Bool { isList || node >= 0 }
  }

  /// A name's bytes, kept for the life of the projection; -1 as its length marks an empty entry.
  struct StaticName {
    var start: UnsafePointer<UInt8>?
    var length = -1
  }

  /// - Parameters:
  ///   - list: path of the array in a list's answer; nil when it is the root.
  ///   - envelope: paths of members around the list, each a slot of the envelope.
  ///   - item: paths of members inside an item, each a slot of its row.
  ///
  /// A path is names joined by dots; a name holds no dot. At most 64 names an
  /// object, no two of one length that differ only between their first and last eight bytes.
  package init(list: String?, envelope: [String] = [], item: [String]) {
    let trie = JSONTrie()
    let itemRoot = trie.addNode()
    for (slot, path) in item.enumerated() { trie.add(path, from: itemRoot, slot: slot) }
    let envelopeRoot = trie.addNode()
    for (slot, path) in envelope.enumerated() { trie.add(path, from: envelopeRoot, slot: slot) }
    if let list { trie.markList(list, from: envelopeRoot) }
    let compiled = trie.compile()
    nodes = compiled.nodes
    members = compiled.members
    subtreeSlots = compiled.subtreeSlots
    memberCount = compiled.memberCount
    nodeCount = compiled.nodeCount
    itemNode = Int32(itemRoot)
    envelopeNode = Int32(envelopeRoot)
    listIsRoot = list == nil
    itemSlots = item.count
    envelopeSlots = envelope.count
  }

  private let memberCount: Int
  let nodeCount: Int

  deinit {
    for index in 0..<memberCount { members[index].name.start?.deallocate() }
    nodes.deallocate()
    members.deallocate()
    subtreeSlots.deallocate()
  }

  /// Mixes a name's length, first eight and last eight bytes for a table.
  @inline(__always)
  static func hash(_ head: UInt64, _ tail: UInt64, _ length: Int) -> UInt64 {
    head ^ (tail &<< 1) ^ UInt64(truncatingIfNeeded: length) &* 0x9E37_79B9_7F4A_7C15
  }

  /// The first eight bytes of a name, zeros after its end, and its last eight (0 when it is shorter).
  @inline(__always)
  static func words(
    _ name: UnsafePointer<UInt8>, _ length: Int, readable: Int
  ) -> (head: UInt64, tail: UInt64) {
    let bytes = UnsafeRawPointer(name)
    if length >= 8 {
      return (
        bytes.loadUnaligned(as: UInt64.self).littleEndian,
        (bytes + (length &- 8)).loadUnaligned(as: UInt64.self).littleEndian
      )
    }
    if readable >= 8 {
      let mask = (1 as UInt64) &<< UInt64(truncatingIfNeeded: length &* 8) &- 1
      return (bytes.loadUnaligned(as: UInt64.self).littleEndian & mask, 0)
    }
    var head: UInt64 = 0
    for index in 0..<length { head |= UInt64(name[index]) &<< UInt64(8 &* index) }
    return (head, 0)
  }

  /// The wanted member of `node` by that name, or nil. `readable` bytes may be read from `name`.
  @inline(__always)
  func member(
    _ node: Int32, _ name: UnsafePointer<UInt8>, _ length: Int, readable: Int
  ) -> UnsafeMutablePointer<Member>? {
    let node = nodes[Int(node)]
    let (head, tail) = Self.words(name, length, readable: readable)
    let index = (Self.hash(head, tail, length) &* node.multiplier) &>> node.shift
    let entry = members + (Int(node.table) &+ Int(truncatingIfNeeded: index))
    guard entry.pointee.head == head, entry.pointee.tail == tail,
      entry.pointee.name.length == length
    else { return nil }
    if length > 16, !Self.equal(name, entry.pointee.name.start, length) { return nil }
    return entry
  }

  @inline(never)
  private static func equal(
    _ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>?, _ length: Int
  ) -> Bool {
    guard let right else { return false }
    for index in 0..<length where left[index] != right[index] { return false }
    return true
  }
}
