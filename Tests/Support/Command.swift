import Foundation

/// A program run to its end, in a folder where what it leaves behind does no harm.
package struct Command {
  package let status: Int32
  /// Both outputs, as they came.
  package let output: String

  /// - Parameters:
  ///   - input: what it reads; its end follows at once.
  ///   - environment: all of it; nil for that of the tests.
  ///   - seconds: it is ended when it takes longer.
  package init(
    _ arguments: [String], input: String = "", environment: [String: String]? = nil,
    seconds: Int = 20
  ) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["timeout", "--kill-after=10", "\(seconds)"] + arguments
    process.currentDirectoryURL = FileManager.default.temporaryDirectory
    if let environment { process.environment = environment }
    let (to, from) = (Pipe(), Pipe())
    process.standardInput = to
    process.standardOutput = from
    process.standardError = from
    try process.run()
    // No program answers much before it has read all.
    try to.fileHandleForWriting.write(contentsOf: Data(input.utf8))
    try to.fileHandleForWriting.close()
    output = String(decoding: from.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    status = process.terminationStatus
  }
}
