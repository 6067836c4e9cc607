import Bytes
import HTTP
import Web

/// Answers with a file of the web pages, under a policy that lets a page run its own scripts, use
/// its own styles and ask this gateway, and nothing else.
struct GetWebFile: Sendable {
  private let file: WebFile
  private let fields: Fields

  init(_ file: WebFile) {
    self.file = file
    let tag = file.bytes.withUnsafeBytes { EntityTag.weak($0) }
    fields = Fields([
      ("Content-Type", file.contentType), ("Content-Security-Policy", Self.policy),
      ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
      // Kept by browsers, and asked for again each time: a new release shows at once.
      ("Cache-Control", "no-cache"), ("ETag", tag), ("Vary", "Accept-Encoding, Origin"),
    ])
  }

  /// Content Security Policy Level 3. Trusted Types turn every attempt to parse HTML into an error.
  static let policy = [
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'",
    "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
    "require-trusted-types-for 'script'", "trusted-types 'none'",
  ].joined(separator: "; ")

  func answer(_ exchange: APIExchange) {
    exchange.finish { Response(200, fields: fields, body: ByteBuffer(file.bytes)) }
  }
}
