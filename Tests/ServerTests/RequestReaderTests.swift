import Bytes
import HTTP
import Testing

@testable import Server

struct RequestReaderTests {
  @Test(arguments: 0...90)
  func `two requests are told apart wherever the bytes are cut`(cut: Int) throws {
    let first =
      "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"
    let bytes = Array((first + "GET /b HTTP/1.1\r\n").utf8)
    let reader = RequestReader(ServerConfiguration())
    var kept: [UInt8] = []
    var used = 0
    for piece in [bytes[..<min(cut, bytes.count)], bytes[min(cut, bytes.count)...]]
    where reader.progress != .complete {
      kept += piece
      let buffer = ByteBuffer(kept)
      let count = try reader.read(buffer.bytes)
      kept.removeFirst(count)
      used += count
    }
    #expect(reader.progress == .complete)
    #expect(reader.head?.path == "/a")
    #expect(reader.body?.text == "ab")
    #expect(used == first.utf8.count)
  }
}
