import Bytes
import JSON

/// What every session of one source has in common in an answer, encoded once.
///
/// `@unchecked Sendable`: `init` alone writes, and what it wrote lives as long as this does. Pointers into
/// it instead of buffers of their own spare counting a reference for each piece of each session.
package final class SessionRendering: @unchecked Sendable {
  package let sourceName: String
  package let providerName: String
  /// `"id":"<source>:`
  let idStart: UnsafeRawBufferPointer
  /// `<source>:`, escaped for the inside of a string.
  let idPrefix: UnsafeRawBufferPointer
  /// `,"source":"<source>"`
  let source: UnsafeRawBufferPointer
  /// `,"provider":"<provider>"`
  let provider: UnsafeRawBufferPointer
  /// `"<name>":` of each attribute, with the comma that goes before all but the first.
  let attributeNames: [UnsafeRawBufferPointer]
  /// One bit for each attribute that is shown only with the permission `contact`.
  let contactAttributes: UInt32
  /// Bytes of all of these together.
  var fixedLength: Int { texts.count + idPrefix.count }

  /// What the pointers point into.
  private let texts: ByteBuffer

  package init(source: String, provider: any SessionProvider) {
    precondition(
      provider.attributes.count <= 8, "a session holds the values of eight attributes at most")
    sourceName = source
    providerName = provider.name
    let texts = ByteBuffer(capacity: 512)
    func range(_ write: () -> Void) -> Range<Int> {
      let start = texts.count
      write()
      return start..<texts.count
    }
    let idStart = range {
      texts.append("\"id\":\"")
      texts.appendEscaped(text: source + ":")
    }
    let sourceMember = range {
      texts.append(",\"source\":")
      texts.append(json: source)
    }
    let providerMember = range {
      texts.append(",\"provider\":")
      texts.append(json: provider.name)
    }
    let attributes = provider.attributes.enumerated().map { index, name in
      range {
        if index > 0 { texts.append(",") }
        texts.append(json: name)
        texts.append(":")
      }
    }
    // From here on nothing is written that could move them.
    self.idStart = texts[idStart]
    idPrefix = texts[idStart.dropFirst("\"id\":\"".utf8.count)]
    self.source = texts[sourceMember]
    self.provider = texts[providerMember]
    attributeNames = attributes.map { texts[$0] }
    self.texts = texts
    contactAttributes = provider.attributes.enumerated().reduce(0) { bits, attribute in
      provider.contactAttributes.contains(attribute.element) ? bits | 1 << attribute.offset : bits
    }
  }
}

extension ByteBuffer {
  fileprivate func appendEscaped(text: String) {
    var text = text
    text.withUTF8 { appendEscaped(UnsafeRawBufferPointer($0)) }
  }
}
