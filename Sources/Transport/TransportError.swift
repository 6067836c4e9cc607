import Glibc

/// What can go wrong below HTTP.
package enum TransportError: Error, Equatable, CustomStringConvertible {
  /// A system call failed: its name and errno.
  case system(call: String, errno: Int32)

  package var description: String {
    switch self {
    case .system(let call, let code): "\(call): \(String(cString: strerror(code)))"
    }
  }
}
