import Bytes

/// Writes the sessions of a data set as the JSON of their provider. Holds what many objects share;
/// the rest is a function of the row.
protocol SessionObjects: Sendable {
  func write(_ session: SimulatedSession, _ quirks: RowQuirks, to text: JSONOutput)
}

/// What is wrong with a row as it is written.
struct RowQuirks {
  enum Malformation: Int, CaseIterable {
    case noID, emptyID, numericID, noCreationTime, badCreationTime, nullCreationTime, notAnObject
  }

  var malformation: Malformation?
  /// Bytes of an additional member.
  var padding = 0
}

extension JSONOutput {
  func time(_ name: StaticString, _ time: WallTime?, digits: Int = 3, zone: StaticString = "Z") {
    key(name)
    guard let time else { return null() }
    quoted {
      time.append(to: buffer, digits: digits)
      buffer.append(zone)
    }
  }

  /// The members by which a reader knows and places a row, with what is to be wrong with them.
  func placed(
    _ id: (StaticString, String), _ created: (StaticString, WallTime), _ quirks: RowQuirks,
    digits: Int = 3, zone: StaticString = "Z"
  ) {
    switch quirks.malformation {
    case .noID: break
    case .emptyID: member(id.0, "")
    case .numericID: member(id.0, Int64(id.1.utf8.count))
    default: member(id.0, id.1)
    }
    switch quirks.malformation {
    case .noCreationTime: break
    case .badCreationTime: member(created.0, "2026-13-45T99:00:00Z")
    case .nullCreationTime: nullMember(created.0)
    default: time(created.0, created.1, digits: digits, zone: zone)
    }
    if quirks.padding > 0 {
      key("padding")
      quoted {
        buffer.appendUnsafe(minimum: quirks.padding) { space in
          space.prefix(quirks.padding).initializeMemory(as: UInt8.self, repeating: 0x78)
          return quirks.padding
        }
      }
    }
  }

  func id(_ name: StaticString, _ identity: Identity, _ kind: Identity.Kind, _ number: UInt32) {
    key(name)
    quoted { identity.append(kind, number, to: buffer) }
  }
}
