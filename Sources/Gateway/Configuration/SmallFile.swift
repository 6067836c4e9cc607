import Glibc

/// A file that the configuration names: a secret, a list of tokens, the configuration itself.
enum SmallFile {
  struct Failure: Error { var problem: String }

  /// More than any configuration or list of tokens needs; spares reading a wrong path into memory.
  static let longest = 1 << 20

  /// What is wrong with the file at `path`, nil when it can be read.
  static func problem(_ path: String) -> String? {
    do throws(Failure) {
      _ = try contents(path)
      return nil
    } catch {
      return error.problem
    }
  }

  /// The text of the file at `path`. The failure does not name it: in place of a path people write
  /// the secret itself.
  static func contents(_ path: String) throws(Failure) -> String {
    guard !path.isEmpty, !path.utf8.contains(0) else { throw Failure(problem: "is not a path") }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw unreadable(errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw unreadable(errno) }
    guard status.st_mode & S_IFMT != S_IFDIR else { throw unreadable(EISDIR) }
    var bytes: [UInt8] = []
    while bytes.count <= longest {
      let chunk = 65_536
      var count = 0
      let part = [UInt8](unsafeUninitializedCapacity: chunk) { buffer, filled in
        count = read(descriptor, buffer.baseAddress, chunk)
        filled = max(count, 0)
      }
      if count == 0 {
        guard let text = String(validating: bytes, as: UTF8.self) else {
          throw Failure(problem: "names a file that is not UTF-8")
        }
        return text
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw unreadable(errno) }
      bytes += part
    }
    throw Failure(problem: "names a file longer than \(SizeText.text(longest))")
  }

  private static func unreadable(_ code: Int32) -> Failure {
    var reason = [CChar](repeating: 0, count: 128)
    strerror_r(code, &reason, reason.count)
    let text = String(
      decoding: reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return Failure(problem: "names a file that cannot be read: \(text)")
  }
}
