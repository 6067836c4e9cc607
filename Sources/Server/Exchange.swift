import HTTP
import Transport

/// One request that a handler works on. It holds its connection until it is answered or canceled,
/// and is of no effect afterwards, however long the handler keeps it.
final class Exchange: Responder {
  /// Ignored once there is nothing left to cancel: a handler that sets it late makes no cycle.
  var onCancel: (() -> Void)? {
    get { cancelAction }
    set { if connection != nil { cancelAction = newValue } }
  }
  /// What the answer depends on.
  let isHead: Bool
  let minorVersion: Int
  let keepsAlive: Bool
  /// Counted in `ServerLoad` while the request is worked on.
  var countedAddress: IPAddress?
  private var cancelAction: (() -> Void)?
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
    let tell = cancelAction
    finish()
    tell?()
  }

  private func finish() {
    connection = nil
    cancelAction = nil
  }
}
