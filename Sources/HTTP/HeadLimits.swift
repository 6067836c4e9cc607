/// What one message head may hold. Beyond it a request is answered 414 (target) or 431 (the rest).
package struct HeadLimits: Sendable {
  /// Bytes of the whole head, from the start line to the empty line.
  package var headBytes: Int
  /// Bytes of the request target. RFC 9112, 3 recommends at least 8,000.
  package var targetBytes: Int
  /// Field lines. Browsers send about 20; proxies add a few.
  package var fieldCount: Int

  package init(headBytes: Int = 32 * 1024, targetBytes: Int = 8 * 1024, fieldCount: Int = 100) {
    self.headBytes = headBytes
    self.targetBytes = targetBytes
    self.fieldCount = fieldCount
  }
}
