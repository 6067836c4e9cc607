package import Bytes
import JSON

/// Appends JSON to a buffer. Whether a comma is due follows from the byte written last, so it keeps
/// no state of its own.
package struct JSONOutput {
  package let buffer: ByteBuffer

  package init(_ buffer: ByteBuffer) { self.buffer = buffer }

  func object(_ members: () -> Void) {
    separate()
    buffer.append(UInt8(ascii: "{"))
    members()
    buffer.append(UInt8(ascii: "}"))
  }

  func array(_ elements: () -> Void) {
    separate()
    buffer.append(UInt8(ascii: "["))
    elements()
    buffer.append(UInt8(ascii: "]"))
  }

  func key(_ name: StaticString) {
    separate()
    buffer.append(UInt8(ascii: "\""))
    buffer.append(name)
    buffer.append("\":")
  }

  func null() { raw("null") }

  func value(_ flag: Bool) { flag ? raw("true") : raw("false") }

  func value(_ number: Int64) {
    separate()
    buffer.append(decimal: number)
  }

  func value(_ text: String) {
    separate()
    buffer.append(json: text)
  }

  /// A value that is JSON already.
  func raw(_ json: StaticString) {
    separate()
    buffer.append(json)
  }

  /// A value that is JSON already.
  func raw(_ json: [UInt8]) {
    separate()
    buffer.append(contentsOf: json)
  }

  /// A string whose bytes `content` appends; they need no escape.
  func quoted(_ content: () -> Void) {
    separate()
    buffer.append(UInt8(ascii: "\""))
    content()
    buffer.append(UInt8(ascii: "\""))
  }

  private func separate() {
    guard let last = buffer.bytes.last else { return }
    switch last {
    case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: ":"): break
    default: buffer.append(UInt8(ascii: ","))
    }
  }
}

extension JSONOutput {
  func member(_ name: StaticString, _ text: String?) {
    key(name)
    if let text { value(text) } else { null() }
  }

  func member(_ name: StaticString, _ flag: Bool) {
    key(name)
    value(flag)
  }

  func member(_ name: StaticString, _ number: Int64?) {
    key(name)
    if let number { value(number) } else { null() }
  }

  func member(_ name: StaticString, json: StaticString) {
    key(name)
    raw(json)
  }

  func nullMember(_ name: StaticString) { member(name, json: "null") }

  func objectMember(_ name: StaticString, _ members: () -> Void) {
    key(name)
    object(members)
  }

  func arrayMember(_ name: StaticString, _ elements: () -> Void) {
    key(name)
    array(elements)
  }
}
