import Transport

/// What the text of a host says, without asking anybody.
enum NetworkAddress {
  /// 127.0.0.0/8, ::1, and `localhost` (RFC 6761, section 6.3).
  static func isLoopback(_ host: String) -> Bool {
    IPAddress(host)?.isLoopback ?? (host.lowercased() == "localhost")
  }
}
