import COpenSSL
import Support
import Testing

@testable import Sessions

@Suite struct HashingTests {
  /// FIPS 180-4's examples, as published by NIST, and the empty message.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func digestsAreThoseOfTheStandard(message: String, digest: String) {
    #expect(Self.hexadecimal(Array(message.utf8).withUnsafeBytes(SHA256.digest)) == digest)
  }

  /// RFC 4231, test cases 2 and 6: a key shorter and one longer than a block.
  @Test(arguments: [
    (
      Array("Jefe".utf8), "what do ya want for nothing?",
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    ),
    (
      [UInt8](repeating: 0xAA, count: 131),
      "Test Using Larger Than Block-Size Key - Hash Key First",
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    ),
  ])
  func codesAreThoseOfTheStandard(key: [UInt8], message: String, code: String) {
    let authenticator = HMACSHA256(key: key)
    // Again: the first leaves nothing behind.
    for _ in 0..<2 {
      #expect(Self.hexadecimal(authenticator.code(Array(message.utf8))) == code)
    }
  }

  @Test(arguments: 0..<UInt64(20))
  func codesAreThoseOfTheLibrarysOneCall(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    func bytes(_ lengths: Range<Int>) -> [UInt8] {
      (0..<Int.random(in: lengths, using: &generator)).map { _ in
        .random(in: .min ... .max, using: &generator)
      }
    }
    let key = bytes(0..<200)
    let authenticator = HMACSHA256(key: key)
    for _ in 0..<20 {
      let message = bytes(0..<300)
      var expected = [UInt8](repeating: 0, count: 32)
      HMAC(EVP_sha256(), key, Int32(key.count), message, message.count, &expected, nil)
      let code = authenticator.code(message)
      #expect(code.indices.map { code[$0] } == expected, "seed \(seed)")
    }
  }

  private static func hexadecimal(_ digest: SHA256.Digest) -> String {
    digest.indices.map { index in
      let digits = String(digest[index], radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }.joined()
  }
}
