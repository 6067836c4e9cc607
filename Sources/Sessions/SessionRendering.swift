import Bytes
import JSON

/// What every session of one source has in common in an answer, encoded once.
///
/// `@unchecked Sendable`: the buffers are written by `init` alone.
package final class SessionRendering: @unchecked Sendable {
  package let sourceName: String
  package let providerName: String
  /// `"id":"<source>:`
  let idStart: ByteBuffer
  /// `<source>:`, escaped for the inside of a string.
  let idPrefix: ByteBuffer
  /// `,"source":"<source>"`
  let source: ByteBuffer
  /// `,"provider":"<provider>"`
  let provider: ByteBuffer
  /// `"<name>":` of each attribute, with the comma that goes before all but the first.
  let attributeNames: ByteBuffer
  /// Where each stands in them: one buffer, so that to write them counts one reference.
  let attributeRanges: [Range<Int>]
  /// One bit for each attribute that is shown only with the permission `contact`.
  let contactAttributes: UInt32

  /// Bytes of all of these together.
  let fixedLength: Int

  package init(source: String, provider: any SessionProvider) {
    precondition(
      provider.attributes.count <= 8, "a session holds the values of eight attributes at most")
    sourceName = source
    providerName = provider.name
    idPrefix = Self.encoded { $0.appendEscaped(text: source + ":") }
    idStart = Self.encoded {
      $0.append("\"id\":\"")
      $0.appendEscaped(text: source + ":")
    }
    self.source = Self.encoded {
      $0.append(",\"source\":")
      $0.append(json: source)
    }
    self.provider = Self.encoded {
      $0.append(",\"provider\":")
      $0.append(json: provider.name)
    }
    let names = ByteBuffer(capacity: 256)
    attributeRanges = provider.attributes.enumerated().map { index, name in
      let start = names.count
      if index > 0 { names.append(",") }
      names.append(json: name)
      names.append(":")
      return start..<names.count
    }
    attributeNames = names
    fixedLength =
      idStart.count + idPrefix.count + self.source.count + self.provider.count + names.count
    contactAttributes = provider.attributes.enumerated().reduce(0) { bits, attribute in
      provider.contactAttributes.contains(attribute.element) ? bits | 1 << attribute.offset : bits
    }
  }

  private static func encoded(_ write: (ByteBuffer) -> Void) -> ByteBuffer {
    let buffer = ByteBuffer(capacity: 64)
    write(buffer)
    return buffer
  }
}

extension ByteBuffer {
  fileprivate func appendEscaped(text: String) {
    var text = text
    text.withUTF8 { appendEscaped(UnsafeRawBufferPointer($0)) }
  }
}
