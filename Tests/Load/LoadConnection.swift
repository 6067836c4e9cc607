import Bytes
import Glibc
import Transport

/// One connection of a client: asks, and tells the status of each answer; nil when there was none.
final class LoadConnection: Pollable {
  /// Where all connections read to, each within one call.
  final class Scratch {
    let buffer = ByteBuffer(capacity: 256 * 1024)
  }

  private(set) var isOpen = false
  private var stream: ByteStream?
  private let scratch: ByteBuffer
  /// What has come of an answer that is not complete.
  private var partial: [UInt8] = []
  private var unsent: [UInt8] = []
  private var told: ((_ status: Int?) -> Void)?

  init(_ loop: EventLoop, port: UInt16) {
    let shared = loop.attached(Scratch.self) ?? Scratch()
    loop.attach(shared)
    scratch = shared.buffer
    let type = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue
    let descriptor = socket(AF_INET, Int32(type), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard descriptor >= 0, status == 0 || errno == EINPROGRESS else { return }
    stream = try? ByteStream(adopting: descriptor, on: loop, watchedBy: self)
    isOpen = stream != nil
  }

  func ask(_ path: String, _ told: @escaping (_ status: Int?) -> Void) {
    self.told = told
    unsent = Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
    if isOpen { flush() } else { end() }
  }

  func ready(_ readiness: Readiness) {
    if readiness.isWritable { flush() }
    while let stream {
      scratch.truncate(to: 0)
      switch stream.read(into: scratch, minimum: scratch.capacity) {
      case .bytes: received(scratch.bytes)
      case .wouldBlock: return
      case .end, .failed: return end()
      }
    }
  }

  func close() {
    isOpen = false
    stream?.close()
    stream = nil
  }

  private func flush() {
    guard let stream, !unsent.isEmpty else { return }
    if case .bytes(let count) = unsent.withUnsafeBytes({ stream.write($0) }) {
      unsent.removeFirst(count)
    }
  }

  private func received(_ bytes: UnsafeRawBufferPointer) {
    if partial.isEmpty, answer(in: bytes) { return }
    partial += bytes
    if partial.withUnsafeBytes({ answer(in: $0) }) { partial = [] }
  }

  /// Whether the bytes are a whole answer; one request is under way at a time.
  private func answer(in bytes: UnsafeRawBufferPointer) -> Bool {
    guard let told, let end = Self.find("\r\n\r\n", in: bytes) else { return false }
    let head = UnsafeRawBufferPointer(rebasing: bytes[..<end])
    var length = 0
    if let start = Self.find("\r\nContent-Length: ", in: head) {
      for byte in head[start...] where (0x30...0x39).contains(byte) || byte == 0x0D {
        if byte == 0x0D { break }
        length = length * 10 + Int(byte - 0x30)
      }
    }
    guard bytes.count >= end + length else { return false }
    let status = bytes[9..<12].reduce(0) { $0 * 10 + Int($1) - 0x30 }
    self.told = nil
    if Self.find("\r\nConnection: close\r\n", in: head) != nil { close() }
    told(status)
    return true
  }

  private func end() {
    close()
    let told = self.told
    self.told = nil
    told?(nil)
  }

  /// Where `text` ends in `bytes`.
  private static func find(_ text: StaticString, in bytes: UnsafeRawBufferPointer) -> Int? {
    text.withUTF8Buffer { wanted in
      var index = 0
      while index + wanted.count <= bytes.count {
        if bytes[index] == wanted[0],
          bytes[index..<index + wanted.count].elementsEqual(wanted)
        {
          return index + wanted.count
        }
        index += 1
      }
      return nil
    }
  }
}
