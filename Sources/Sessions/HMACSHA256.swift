import COpenSSL

/// HMAC-SHA256 (RFC 2104) with one key, by OpenSSL. The library's one call for it looks two algorithms
/// up by their names and takes the key in anew each time; here both are done once, and each code begins
/// with a copy of the outcome, which can be made before the message is known. To begin anew with the same
/// key and no copy would need a lock, and does nothing in OpenSSL before 3.0.3.
///
/// `@unchecked Sendable`: `init` alone alters `keyed`; to copy it reads it, and counts references with
/// atomics.
final class HMACSHA256: @unchecked Sendable {
  private let keyed: OpaquePointer

  init(key: [UInt8]) {
    guard let algorithm = EVP_MAC_fetch(nil, "HMAC", nil), let made = EVP_MAC_CTX_new(algorithm)
    else { preconditionFailure("the library has no HMAC") }
    // The context keeps it.
    EVP_MAC_free(algorithm)
    keyed = made
    // Both texts are pointed at until the call that reads them: constants, which outlive it.
    let parameters = [
      OSSL_PARAM_construct_utf8_string(Self.text("digest"), Self.text("SHA256"), 0),
      OSSL_PARAM_construct_end(),
    ]
    let isReady = EVP_MAC_init(made, key, key.count, parameters)
    precondition(isReady == 1, "the library has no HMAC with SHA-256")
  }

  deinit { EVP_MAC_CTX_free(keyed) }

  /// A constant as C has it. The library's type for a parameter's value is mutable, but it only reads it.
  private static func text(_ constant: StaticString) -> UnsafeMutablePointer<CChar> {
    UnsafeMutableRawPointer(mutating: constant.utf8Start).assumingMemoryBound(to: CChar.self)
  }

  /// The 32 bytes of the code.
  func code(_ message: [UInt8]) -> SHA256.Digest { begin().code(message) }

  func begin() -> Begun { Begun(keyed) }

  /// All of a code that does not depend on the message. For one message.
  final class Begun {
    private let context: OpaquePointer
    /// The library lets a context that has given its code be used again, to no sense.
    private var isSpent = false

    fileprivate init(_ keyed: OpaquePointer) {
      guard let copy = EVP_MAC_CTX_dup(keyed) else {
        preconditionFailure("a copy cannot fail but for want of memory")
      }
      context = copy
    }

    deinit { EVP_MAC_CTX_free(context) }

    func code(_ message: [UInt8]) -> SHA256.Digest {
      precondition(!isSpent, "one code is for one message")
      isSpent = true
      var code = SHA256.Digest(repeating: 0)
      var output = code.mutableSpan
      let isDone = output.withUnsafeMutableBufferPointer { output in
        var length = 0
        return EVP_MAC_update(context, message, message.count) == 1
          && EVP_MAC_final(context, output.baseAddress, &length, output.count) == 1
          && length == output.count
      }
      precondition(isDone, "a code cannot fail but for want of memory")
      return code
    }
  }
}
