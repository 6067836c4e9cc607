import Glibc

/// A blocking client that sends literal bytes and reads what comes, with nothing of ours between:
/// our parser and encoder cannot agree on one mistake. Every read gives up after ten seconds.
package final class RawClient {
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  /// One answer as read from the wire.
  package struct Answer: Equatable {
    package var status: Int
    package var head: String
    package var body: String
    /// The body as it came, which need not be text.
    package var bytes: [UInt8] = []
  }

  private var descriptor: Int32
  private var buffer: [UInt8] = []

  /// - Parameter waits: false returns while the connection is still being made.
  package init(port: UInt16, receiveBuffer: Int32? = nil, waits: Bool = true) throws {
    let type = SOCK_STREAM.rawValue | (waits ? 0 : SOCK_NONBLOCK.rawValue)
    descriptor = socket(AF_INET, Int32(type), 0)
    guard descriptor >= 0 else { throw Failure(description: "socket: \(errno)") }
    var timeout = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(
      descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    if var size = receiveBuffer {
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }
    let connected = LoopbackServer.connect(descriptor, to: port)
    guard connected == 0 || (!waits && errno == EINPROGRESS) else {
      let code = errno
      close()
      throw Failure(description: "connect: \(String(cString: strerror(code)))")
    }
  }

  deinit { close() }

  package func send(_ text: String) throws { try send(Array(text.utf8)) }

  package func send(_ bytes: [UInt8]) throws {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw Failure(description: "send: \(errno)") }
      sent += count
    }
  }

  /// The next answer, whose length `Content-Length` tells; nil when the server has closed.
  /// - Parameter bodiless: the answer has no body whatever its fields say (HEAD).
  package func answer(bodiless: Bool = false) throws -> Answer? {
    let end: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]
    var headEnd = find(end)
    while headEnd == nil {
      guard try receive() else {
        if buffer.isEmpty { return nil }
        throw Failure(description: "closed amid a head: \(String(decoding: buffer, as: UTF8.self))")
      }
      headEnd = find(end)
    }
    let bodyStart = (headEnd ?? 0) + 4
    let head = String(decoding: buffer[..<bodyStart], as: UTF8.self)
    guard let status = Int(head.dropFirst(9).prefix(3)) else {
      throw Failure(description: "no status: \(head)")
    }
    let lines = head.split(separator: "\r\n")
    let field = lines.first { $0.lowercased().hasPrefix("content-length: ") }
    let length = bodiless ? 0 : field.flatMap { Int($0.dropFirst(16)) } ?? 0
    while buffer.count < bodyStart + length {
      guard try receive() else { throw Failure(description: "closed amid a body") }
    }
    let bytes = Array(buffer[bodyStart..<bodyStart + length])
    buffer.removeFirst(bodyStart + length)
    return Answer(
      status: status, head: head, body: String(decoding: bytes, as: UTF8.self), bytes: bytes)
  }

  /// All answers until the server closes.
  package func answersToEnd() throws -> [Answer] {
    var answers: [Answer] = []
    while let next = try answer() { answers.append(next) }
    return answers
  }

  /// Whether the server closes without another byte.
  package func isClosedByServer() throws -> Bool {
    try buffer.isEmpty && !receive()
  }

  /// Whether the server closes, perhaps by a reset, with nothing that looks like HTTP before.
  package func answerlessEnd() throws -> Bool {
    do {
      while try receive() {}
    } catch let failure as Failure where failure.description.contains("reset") {}
    return !buffer.starts(with: "HTTP".utf8)
  }

  /// Whether bytes, or the end, are there to be read now.
  package var hasInput: Bool {
    var byte: UInt8 = 0
    return !buffer.isEmpty
      || recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) >= 0
  }

  /// As the kernel has it, such as `TCP_ESTABLISHED` (tcp(7)).
  package var tcpState: Int {
    var information = tcp_info()
    var length = socklen_t(MemoryLayout<tcp_info>.size)
    getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, &information, &length)
    return Int(information.tcpi_state)
  }

  package func shutDownWriting() { shutdown(descriptor, Int32(SHUT_WR)) }

  package func close() {
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
  }

  /// Closes so that the peer gets a reset.
  package func reset() {
    var option = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    close()
  }

  /// Reads once; false at the end. A reset counts as a failure: it can destroy an answer under way.
  private func receive() throws -> Bool {
    var chunk = [UInt8](repeating: 0, count: 16 * 1024)
    let count = recv(descriptor, &chunk, chunk.count, 0)
    guard count >= 0 else {
      throw Failure(description: "recv: \(String(cString: strerror(errno)))")
    }
    buffer += chunk[..<count]
    return count > 0
  }

  private func find(_ pattern: [UInt8]) -> Int? {
    guard buffer.count >= pattern.count else { return nil }
    return (0...buffer.count - pattern.count).first {
      buffer[$0..<$0 + pattern.count].elementsEqual(pattern)
    }
  }
}
