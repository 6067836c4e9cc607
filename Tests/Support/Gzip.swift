import CZlib

/// `bytes` as gzip packs them at its best.
package func gzipped(_ bytes: [UInt8]) -> [UInt8] {
  var stream = z_stream()
  guard czlib_deflate_init(&stream, 9, 15 + 16) == Z_OK else { return [] }
  defer { deflateEnd(&stream) }
  var input = bytes
  var output = [UInt8](repeating: 0, count: bytes.count / 2 + 1000)
  return input.withUnsafeMutableBufferPointer { input in
    output.withUnsafeMutableBufferPointer { output in
      stream.next_in = input.baseAddress
      stream.avail_in = UInt32(input.count)
      stream.next_out = output.baseAddress
      stream.avail_out = UInt32(output.count)
      deflate(&stream, Z_FINISH)
      return Array(output.prefix(Int(stream.total_out)))
    }
  }
}
