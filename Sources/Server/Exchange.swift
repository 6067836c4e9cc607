import HTTP

/// One request that a handler works on. It holds its connection until it is answered or canceled,
/// and is of no effect afterwards, however long the handler keeps it.
final class Exchange: Responder {
  var onCancel: (() -> Void)?
  /// What the answer depends on.
  let isHead: Bool
  let minorVersion: Int
  let keepsAlive: Bool
  private var connection: Connection?

  init(_ connection: Connection, _ head: RequestHead) {
    self.connection = connection
    isHead = head.method == "HEAD"
    minorVersion = head.minorVersion
    keepsAlive = head.keepsAlive
  }

  func respond(_ response: Response) {
    guard let connection else { return }
    finish()
    connection.answer(response, to: self)
  }

  /// The client has left.
  func cancel() {
    let tell = onCancel
    finish()
    tell?()
  }

  private func finish() {
    connection = nil
    onCancel = nil
  }
}
