import Bytes

/// The rest of an answer that the kernel had no room for.
final class OutgoingAnswer {
  private let head: ByteBuffer
  private let body: ByteBuffer?
  private var sent = 0
  /// For the data rate: where the current window began.
  var acknowledgedAtWindowStart = 0

  /// - Parameter sent: of head and body together; what of the head is left is copied, since the
  ///   buffer that it was written to belongs to the loop.
  init(head: UnsafeRawBufferPointer, body: ByteBuffer?, sent: Int) {
    let fromHead = min(sent, head.count)
    self.head = ByteBuffer(capacity: head.count - fromHead)
    self.head.append(UnsafeRawBufferPointer(rebasing: head[fromHead...]))
    self.body = body
    self.sent = sent - fromHead
  }

  var sentBytes: Int { sent }
  var isFinished: Bool { sent == head.count + (body?.count ?? 0) }

  /// What is left, in two pieces.
  var pieces: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) {
    let empty = UnsafeRawBufferPointer(start: nil, count: 0)
    let fromHead = min(sent, head.count)
    let first = UnsafeRawBufferPointer(rebasing: head.bytes[fromHead...])
    guard let body else { return (first, empty) }
    return (first, UnsafeRawBufferPointer(rebasing: body.bytes[(sent - fromHead)...]))
  }

  func advance(_ count: Int) { sent += count }
}
