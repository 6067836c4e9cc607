import Foundation
import Support
import Testing

/// The script that draws `docs/plots`, which Python runs.
@Suite(.enabled(if: Peer.isEnabled)) struct PlotTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  @Test(.timeLimit(.minutes(10))) func `the plots are what the results beside them give`() throws {
    let kept = Self.root.appendingPathComponent("docs/plots")
    let drawn = URL(fileURLWithPath: NSTemporaryDirectory() + "plots-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: drawn) }
    let script = Self.root.appendingPathComponent("Tests/Benchmarks/plot").path
    let plot = try Command(["python3", script, kept.path, drawn.path])
    try #require(plot.status == 0, "\(plot.output)")
    let names = try FileManager.default.contentsOfDirectory(atPath: drawn.path).sorted()
    #expect(names == ["latency.svg", "memory.svg", "paging.svg", "processor.svg"])
    for name in names {
      let bytes = try Data(contentsOf: drawn.appendingPathComponent(name))
      let same = try bytes == Data(contentsOf: kept.appendingPathComponent(name))
      #expect(same, "\(name) is of other results: draw it with `make plots`")
      #expect(bytes.count < 20_000, "\(name)")
      let reader = "import sys, xml.etree.ElementTree as tree; tree.parse(sys.argv[1])"
      let parsed = try Command([
        "python3", "-c", reader, drawn.appendingPathComponent(name).path,
      ])
      #expect(parsed.status == 0, "\(parsed.output)")
    }
  }
}
