/// Builds the tables of a `JSONProjection`, once when the program starts.
final class JSONTrie {
  private final class Entry {
    let name: [UInt8]
    var slot: Int32 = -1
    var node: Int32 = -1
    var isList = false
    init(_ name: [UInt8]) { self.name = name }
  }

  private var nodes: [[Entry]] = []

  func addNode() -> Int {
    nodes.append([])
    return nodes.count - 1
  }

  func add(_ path: String, from root: Int, slot: Int) {
    let last = entry(path, from: root)
    precondition(last.slot < 0, "a path is wanted twice")
    last.slot = Int32(slot)
  }

  func markList(_ path: String, from root: Int) {
    entry(path, from: root).isList = true
  }

  private func entry(_ path: String, from root: Int) -> Entry {
    var node = root
    let names = path.split(separator: ".", omittingEmptySubsequences: false)
    for name in names.dropLast() {
      let entry = child(Array(name.utf8), of: node)
      if entry.node < 0 { entry.node = Int32(addNode()) }
      node = Int(entry.node)
    }
    return child(Array(names[names.count - 1].utf8), of: node)
  }

  private func child(_ name: [UInt8], of node: Int) -> Entry {
    if let known = nodes[node].first(where: { $0.name == name }) { return known }
    let entry = Entry(name)
    nodes[node].append(entry)
    precondition(nodes[node].count <= 64, "an object with more than 64 wanted members")
    return entry
  }

  // MARK: Compiling

  struct Compiled {
    var nodes: UnsafeMutablePointer<JSONProjection.Node>
    var members: UnsafeMutablePointer<JSONProjection.Member>
    var memberCount: Int
    var subtreeSlots: UnsafeMutablePointer<Int32>
  }

  func compile() -> Compiled {
    var tables: [JSONProjection.Member] = []
    var runs: [Int32] = []
    var compiled: [JSONProjection.Node] = []
    for entries in nodes {
      let members = entries.enumerated().map { bit, entry in
        let slots = slots(of: entry)
        runs += slots
        return member(entry, bit: bit, runEnd: runs.count, runLength: slots.count)
      }
      var (node, table) = Self.perfectTable(members)
      node.table = Int32(tables.count)
      tables += table
      compiled.append(node)
    }
    return Compiled(
      nodes: Self.copy(compiled), members: Self.copy(tables), memberCount: tables.count,
      subtreeSlots: Self.copy(runs))
  }

  /// Every slot at or below an entry, but for the rows of a list, which live elsewhere.
  private func slots(of entry: Entry) -> [Int32] {
    let own = entry.slot >= 0 ? [entry.slot] : []
    guard entry.node >= 0 else { return own }
    return own + nodes[Int(entry.node)].flatMap { slots(of: $0) }
  }

  private func member(
    _ entry: Entry, bit: Int, runEnd: Int, runLength: Int
  ) -> JSONProjection.Member {
    let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, entry.name.count))
    bytes.initialize(from: entry.name, count: entry.name.count)
    var member = JSONProjection.Member()
    let words = JSONProjection.words(bytes, entry.name.count, readable: entry.name.count)
    (member.head, member.tail) = words
    member.name = JSONProjection.StaticName(
      start: UnsafePointer(bytes), length: entry.name.count)
    (member.slot, member.node, member.isList) = (entry.slot, entry.node, entry.isList)
    member.bit = 1 << UInt64(bit)
    member.subtreeStart = Int32(runEnd - runLength)
    member.subtreeCount = Int32(runLength)
    return member
  }

  /// Looks for a multiplier that gives every member an entry of its own, in a table at least twice
  /// as large as their number; a larger table when the odd numbers tried do not do.
  private static func perfectTable(
    _ members: [JSONProjection.Member]
  ) -> (JSONProjection.Node, [JSONProjection.Member]) {
    var bits: UInt64 = 1
    while 1 << bits < 2 * members.count { bits += 1 }
    while true {
      precondition(bits < 20, "names that differ in the middle only: no perfect hash")
      var multiplier: UInt64 = 0x9E37_79B9_7F4A_7C15
      for _ in 0..<200 {
        if let table = place(members, multiplier, bits) {
          return (JSONProjection.Node(shift: 64 - bits, multiplier: multiplier), table)
        }
        multiplier = (multiplier &* 0xD134_2543_DE82_EF95 &+ 0x2545_F491_4F6C_DD1D) | 1
      }
      bits += 1
    }
  }

  private static func place(
    _ members: [JSONProjection.Member], _ multiplier: UInt64, _ bits: UInt64
  ) -> [JSONProjection.Member]? {
    var table = [JSONProjection.Member](repeating: JSONProjection.Member(), count: 1 << Int(bits))
    for member in members {
      let hash = JSONProjection.hash(member.head, member.tail, member.name.length)
      let index = Int((hash &* multiplier) >> (64 - bits))
      guard table[index].name.length < 0 else { return nil }
      table[index] = member
    }
    return table
  }

  private static func copy<T>(_ elements: [T]) -> UnsafeMutablePointer<T> {
    let memory = UnsafeMutablePointer<T>.allocate(capacity: max(1, elements.count))
    memory.initialize(from: elements, count: elements.count)
    return memory
  }
}
