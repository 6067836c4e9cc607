import Bytes
import CNghttp2
import HTTP

/// The fields of every HTTP/2 request of a source, as nghttp2 takes them. The bytes are made once and
/// stay where they are: the fields that never change point at them.
final class HTTP2Fields {
  private let constantBytes: ByteBuffer
  private var constant: [nghttp2_nv] = []
  private let pathPrefix: String
  /// Path and further fields of the request being made.
  private let scratch = ByteBuffer(capacity: 2 * 1024)

  private struct Place {
    var name: Range<Int>
    var value: Range<Int>
  }

  init(_ template: RequestTemplate) {
    pathPrefix = template.pathPrefix
    constantBytes = ByteBuffer(capacity: 512)
    let fields =
      [
        (name: ":method", value: "GET"), (name: ":scheme", value: "https"),
        (name: ":authority", value: template.authority),
      ] + template.fields
    let places = fields.map { Self.append($0.name.utf8, $0.value.utf8, to: constantBytes) }
    let flags = NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue | NGHTTP2_NV_FLAG_NO_COPY_VALUE.rawValue
    constant = places.map { Self.field($0, constantBytes, flags: UInt8(flags)) }
  }

  /// The result points into this object: it is valid until the next call.
  func request(target: String, fields: Fields) -> [nghttp2_nv] {
    scratch.truncate(to: 0)
    var places = [Self.append(":path".utf8, (pathPrefix + target).utf8, to: scratch)]
    fields.forEach { name, value in
      guard FieldGrammar.isName(name), FieldGrammar.isValue(value) else { return }
      let lowerCase = name.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
      places.append(Self.append(lowerCase, value, to: scratch))
    }
    // nghttp2 wants pseudo fields first: method, scheme, authority, path.
    var all = Array(constant.prefix(3))
    all.append(Self.field(places[0], scratch, flags: 0))
    all.append(contentsOf: constant.dropFirst(3))
    all.append(contentsOf: places.dropFirst().map { Self.field($0, scratch, flags: 0) })
    return all
  }

  private static func append(
    _ name: some Collection<UInt8>, _ value: some Collection<UInt8>, to buffer: ByteBuffer
  ) -> Place {
    let start = buffer.count
    buffer.append(contentsOf: name)
    let middle = buffer.count
    buffer.append(contentsOf: value)
    return Place(name: start..<middle, value: middle..<buffer.count)
  }

  /// Called when the buffer has all its bytes: until then it may move.
  private static func field(_ place: Place, _ buffer: ByteBuffer, flags: UInt8) -> nghttp2_nv {
    // An empty buffer has an address as well, so that the pointers exist; nghttp2 only reads there.
    let start = UnsafeMutableRawPointer(mutating: buffer.bytes.baseAddress)?
      .assumingMemoryBound(to: UInt8.self)
    return nghttp2_nv(
      name: start.map { $0 + place.name.lowerBound },
      value: start.map { $0 + place.value.lowerBound }, namelen: place.name.count,
      valuelen: place.value.count, flags: flags)
  }
}
