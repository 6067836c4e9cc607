import Bytes
import CZlib

/// Takes gzip off a body as its bytes arrive (RFC 1952), and stops at a limit however small the
/// compressed form is.
final class GzipInflater {
  enum Fault: Error {
    /// The bytes are not gzip, or it ends in their middle.
    case broken
    case tooLarge
  }

  private var stream = z_stream()
  private var isInMember = true
  private let isUsable: Bool
  /// Space offered to zlib at a time: the size of its window.
  private static let step = 32 * 1024
  /// Window size of 2^15, and 16 more to ask for the gzip wrapper.
  private static let gzipWindowBits: Int32 = 15 + 16

  init() { isUsable = czlib_inflate_init(&stream, Self.gzipWindowBits) == Z_OK }

  deinit { if isUsable { inflateEnd(&stream) } }

  /// Appends what `bytes` unpack to. `body` never grows beyond `limit` bytes.
  func inflate(
    _ bytes: UnsafeRawBufferPointer, into body: ByteBuffer, limit: Int
  ) throws(Fault) {
    guard isUsable else { throw .broken }
    guard let start = bytes.baseAddress, bytes.count > 0 else { return }
    stream.next_in = UnsafeMutablePointer(
      mutating: start.assumingMemoryBound(to: UInt8.self))
    stream.avail_in = UInt32(clamping: bytes.count)
    var status = Z_OK
    repeat {
      if !isInMember {
        // Members may follow each other (RFC 1952, 2.2).
        inflateReset(&stream)
        isInMember = true
      }
      body.appendUnsafe(minimum: Self.step) { space in
        stream.next_out = space.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.avail_out = UInt32(clamping: space.count)
        let offered = Int(stream.avail_out)
        status = CZlib.inflate(&stream, Z_NO_FLUSH)
        return offered - Int(stream.avail_out)
      }
      if status == Z_STREAM_END { isInMember = false }
      guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else {
        throw .broken
      }
      guard body.count <= limit else { throw .tooLarge }
    } while stream.avail_in > 0 || stream.avail_out == 0 && isInMember
  }

  /// Throws when the end was not reached.
  func finish() throws(Fault) {
    if isInMember { throw .broken }
  }
}
