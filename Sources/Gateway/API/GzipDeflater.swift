import Bytes
import CZlib

/// Packs bodies as gzip (RFC 1952), one after another with one state, which zlib makes a quarter of a
/// MiB large: each loop has one. Confined to its loop.
final class GzipDeflater {
  private var stream = z_stream()
  private let isUsable: Bool

  /// The fastest. For a page of 500 sessions (455 KB of JSON) level 1 takes 2.3 ms and leaves 19 %,
  /// level 3 2.6 ms and 18 %, level 6 5.1 ms and 15 %.
  private static let level: Int32 = 1
  /// Window size of 2^15, and 16 more to ask for the gzip wrapper.
  private static let gzipWindowBits: Int32 = 15 + 16
  /// What a page is packed to is about a fifth.
  private static let usualRatio = 4

  init() { isUsable = czlib_deflate_init(&stream, Self.level, Self.gzipWindowBits) == Z_OK }

  deinit { if isUsable { deflateEnd(&stream) } }

  /// Nil when zlib has no memory: the body then goes as it is.
  func deflate(_ body: ByteBuffer) -> ByteBuffer? {
    guard isUsable, deflateReset(&stream) == Z_OK, body.count <= UInt32.max else { return nil }
    let packed = ByteBuffer(capacity: body.count / Self.usualRatio)
    stream.next_in = UnsafeMutablePointer(
      mutating: body.bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.avail_in = UInt32(body.count)
    var status = Z_OK
    while status == Z_OK {
      packed.appendUnsafe(minimum: ContentCoding.fewestBytes) { space in
        stream.next_out = space.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.avail_out = UInt32(clamping: space.count)
        let offered = Int(stream.avail_out)
        status = CZlib.deflate(&stream, Z_FINISH)
        return offered - Int(stream.avail_out)
      }
    }
    return withExtendedLifetime(body) { status == Z_STREAM_END ? packed : nil }
  }
}
