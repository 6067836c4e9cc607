package import Bytes

/// Query strings of `name=value` pairs joined by `&`, as HTML forms and `URLSearchParams` write
/// them: `+` and `%20` are both a space.
package enum Query {
  package typealias Pair = (name: String, value: String)

  /// The pairs in order; a part without `=` has an empty value, empty parts are left out. An escape
  /// that is not valid or bytes that are no UTF-8 throw a 400 that names the parameter.
  package static func decode(_ query: String) throws(ProtocolError) -> [Pair] {
    var query = query
    return try query.withUTF8 { (utf8) -> Result<[Pair], ProtocolError> in
      do throws(ProtocolError) {
        return .success(try decode(UnsafeRawBufferPointer(utf8)))
      } catch {
        return .failure(error)
      }
    }.get()
  }

  /// Appends `name=value`, both encoded, after `?` or `&`: `?` when `isFirst`, which turns false.
  package static func append(
    _ name: StaticString, _ value: String, to target: ByteBuffer, isFirst: inout Bool
  ) {
    target.append(isFirst ? UInt8(ascii: "?") : UInt8(ascii: "&"))
    isFirst = false
    let bytes = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
    PercentCoding.append(bytes, to: target)
    target.append(UInt8(ascii: "="))
    PercentCoding.append(value, to: target)
  }

  private static func decode(
    _ query: UnsafeRawBufferPointer
  ) throws(ProtocolError) -> [Pair] {
    var pairs: [Pair] = []
    for part in query.split(separator: UInt8(ascii: "&")) {
      let bytes = UnsafeRawBufferPointer(rebasing: part)
      let equals = bytes.firstIndex(of: UInt8(ascii: "=")) ?? bytes.count
      let name = bytes.slice(0..<equals)
      let value = bytes.slice(min(equals + 1, bytes.count)..<bytes.count)
      guard let name = text(name), let value = text(value) else {
        throw ProtocolError(
          400, "percent-encoding of the query is not valid",
          parameter: String(decoding: name, as: UTF8.self))
      }
      pairs.append((name, value))
    }
    return pairs
  }

  /// - Parameter bytes: a part of a valid text, whose escapes may still stand for anything.
  private static func text(_ bytes: UnsafeRawBufferPointer) -> String? {
    let isLiteral = bytes.allSatisfy { $0 != UInt8(ascii: "%") && $0 != UInt8(ascii: "+") }
    if isLiteral { return String(decoding: bytes, as: UTF8.self) }
    return percentDecoded(bytes, plusIsSpace: true).flatMap {
      String(validating: $0, as: UTF8.self)
    }
  }

  /// The name, as sent, of the first parameter with an escape that is not valid.
  static func faultyName(_ query: UnsafeRawBufferPointer) -> String? {
    for part in query.split(separator: UInt8(ascii: "&"))
    where !hasValidEscapes(UnsafeRawBufferPointer(rebasing: part)) {
      return String(decoding: part.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self)
    }
    return nil
  }
}
