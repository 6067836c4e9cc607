package import HTTP

/// What a server serves. One object a loop: it is called on that loop's thread only.
package protocol RequestHandler: AnyObject {
  /// Answers `request` by calling `responder.respond` once, now or later, on the same loop.
  func handle(_ request: Request, _ responder: any Responder)
}

/// The way back to the client of one request.
package protocol Responder: AnyObject {
  /// Sends the answer. A second call, or one after the client has left, does nothing.
  func respond(_ response: Response)
  /// Called on the loop at most once, if the client leaves before the answer is given.
  var onCancel: (() -> Void)? { get set }
}
