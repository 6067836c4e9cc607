import COpenSSL

/// SHA-256 (FIPS 180-4) by OpenSSL. The algorithm is looked up once: the library's own shorter calls do that
/// by its name each time, at more than it costs to hash some hundred bytes.
///
/// `@unchecked Sendable`: OpenSSL counts an algorithm's references with atomics and changes nothing else
/// of it.
package struct SHA256: @unchecked Sendable {
  package typealias Digest = InlineArray<32, UInt8>

  private let algorithm: OpaquePointer

  private static let shared = SHA256()

  private init() {
    guard let algorithm = EVP_MD_fetch(nil, "SHA256", nil) else {
      preconditionFailure("the library has no SHA-256")
    }
    self.algorithm = algorithm
  }

  package static func digest(_ bytes: UnsafeRawBufferPointer) -> Digest {
    var digest = Digest(repeating: 0)
    var output = digest.mutableSpan
    let hashed = output.withUnsafeMutableBufferPointer { output in
      EVP_Digest(bytes.baseAddress, bytes.count, output.baseAddress, nil, shared.algorithm, nil)
    }
    precondition(hashed == 1, "hashing cannot fail but for want of memory")
    return digest
  }
}
