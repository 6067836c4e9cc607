import Foundation

/// A program of the system, run to its end: curl and openssl as clients that are not ours.
package struct Command {
  package let status: Int32
  /// Both outputs, as they came.
  package let output: String

  /// - Parameter input: what it reads; its end follows at once.
  package init(_ arguments: [String], input: String = "") throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    // No test waits longer for a program that hangs.
    process.arguments = ["timeout", "20"] + arguments
    let (to, from) = (Pipe(), Pipe())
    process.standardInput = to
    process.standardOutput = from
    process.standardError = from
    try process.run()
    // Small enough for the pipe, so that nobody waits for anybody.
    to.fileHandleForWriting.write(Data(input.utf8))
    try to.fileHandleForWriting.close()
    output = String(decoding: from.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    status = process.terminationStatus
  }
}
