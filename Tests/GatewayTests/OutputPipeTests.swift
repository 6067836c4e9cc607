import Bytes
import Dispatch
import Gateway
import Glibc
import Testing

@Suite(.timeLimit(.minutes(10))) struct OutputPipeTests {
  @Test func aReaderThatHasLeftIsNoticedWithAndWithoutBytes() throws {
    let (reading, writing) = try pipe()
    close(reading)
    #expect(OutputPipe(writing).write(ByteBuffer("x")) == .closed)
    #expect(OutputPipe(writing).write(ByteBuffer()) == .closed)
    close(writing)
  }

  @Test func aReaderThatLeavesAmidABodyIsNoticed() throws {
    let (reading, writing) = try pipe()
    DispatchQueue.global().async {
      var byte: UInt8 = 0
      // Blocks until the writer has begun; the rest does not fit into the pipe.
      _ = read(reading, &byte, 1)
      close(reading)
    }
    #expect(OutputPipe(writing).write(ByteBuffer([UInt8](repeating: 1, count: 1 << 20))) == .closed)
    close(writing)
  }

  @Test(arguments: [true, false])
  func aSlowReaderGetsEverything(isBlocking: Bool) throws {
    let (reading, writing) = try pipe()
    if !isBlocking { _ = fcntl(writing, F_SETFL, O_NONBLOCK) }
    let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    DispatchQueue.global().async {
      #expect(OutputPipe(writing).write(ByteBuffer(bytes)) == .written)
      close(writing)
    }
    var taken: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1_000)
    while true {
      let count = read(reading, &chunk, chunk.count)
      guard count > 0 else { break }
      taken += chunk[..<count]
    }
    close(reading)
    #expect(taken == bytes)
  }

  @Test func anotherErrorIsNamed() {
    #expect(OutputPipe(-1).write(ByteBuffer("x")) == .failed(errno: EBADF))
  }

  /// Both ends. Like the program, the tests ignore SIGPIPE.
  private func pipe() throws -> (reading: Int32, writing: Int32) {
    signal(SIGPIPE, SIG_IGN)
    var ends: [Int32] = [-1, -1]
    try #require(Glibc.pipe(&ends) == 0)
    return (ends[0], ends[1])
  }
}
