import COpenSSL
import Synchronization

/// HMAC-SHA256 (RFC 2104) with one key, by OpenSSL. The library's one call for it looks two algorithms
/// up by their names and takes the key in anew each time, with forty allocations; here both are done
/// once, and a code takes a lock, since the library keeps its state in what was made from the key.
final class HMACSHA256: Sendable {
  private let context: Mutex<KeyedContext>

  init(key: [UInt8]) { context = Mutex(KeyedContext(key)) }

  /// The 32 bytes of the code.
  func code(_ message: [UInt8]) -> SHA256.Digest {
    context.withLock { $0.code(message) }
  }
}

/// The library's state, and its one owner.
private struct KeyedContext: ~Copyable {
  private let context: OpaquePointer

  init(_ key: [UInt8]) {
    let algorithm = EVP_MAC_fetch(nil, "HMAC", nil)
    // The context keeps it.
    defer { EVP_MAC_free(algorithm) }
    guard let context = EVP_MAC_CTX_new(algorithm) else {
      preconditionFailure("the library has no HMAC")
    }
    self.context = context
    var hash = Array("SHA256".utf8CString)
    let isReady = hash.withUnsafeMutableBufferPointer { hash in
      let parameters = [
        OSSL_PARAM_construct_utf8_string("digest", hash.baseAddress, 0),
        OSSL_PARAM_construct_end(),
      ]
      return EVP_MAC_init(context, key, key.count, parameters)
    }
    precondition(isReady == 1, "the library has no HMAC with SHA-256")
  }

  deinit { EVP_MAC_CTX_free(context) }

  mutating func code(_ message: [UInt8]) -> SHA256.Digest {
    var code = SHA256.Digest(repeating: 0)
    var output = code.mutableSpan
    let isDone = output.withUnsafeMutableBufferPointer { output in
      var length = 0
      return EVP_MAC_init(context, nil, 0, nil) == 1
        && EVP_MAC_update(context, message, message.count) == 1
        && EVP_MAC_final(context, output.baseAddress, &length, output.count) == 1
        && length == output.count
    }
    precondition(isDone, "a code cannot fail but for want of memory")
    return code
  }
}
