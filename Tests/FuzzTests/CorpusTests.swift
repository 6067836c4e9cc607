import Foundation
import FuzzTargets
import Support
import Testing

/// What libFuzzer found worth keeping (`make fuzz`), and a little around it, in every run of the tests.
struct CorpusTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../Fuzz/Corpus").standardized

  @Test(arguments: FuzzTarget.allCases)
  func `what must hold holds for the corpus, and for each of its files changed`(
    target: FuzzTarget
  ) throws {
    let files = try FileManager.default.contentsOfDirectory(
      at: Self.folder.appending(path: target.rawValue), includingPropertiesForKeys: nil
    ).sorted { $0.path < $1.path }
    #expect(files.count >= 10)
    var random = SeededGenerator(seed: 1)
    for file in files {
      let bytes = Array(try Data(contentsOf: file))
      #expect(throws: Never.self, "\(file.lastPathComponent)") { try target.check(bytes) }
      for round in 0..<4 where !bytes.isEmpty {
        var changed = bytes
        let index = Int.random(in: 0..<bytes.count, using: &random)
        switch round {
        case 0: changed[index] = UInt8.random(in: 0...255, using: &random)
        case 1: changed.remove(at: index)
        case 2: changed.insert(bytes[Int.random(in: 0..<bytes.count, using: &random)], at: index)
        default: changed.removeSubrange(index...)
        }
        #expect(throws: Never.self, "\(file.lastPathComponent), changed: \(changed)") {
          try target.check(changed)
        }
      }
    }
  }

  @Test func `every folder of the corpus has its target`() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
    #expect(Set(folders) == Set(FuzzTarget.allCases.map(\.rawValue)))
  }
}
