import Foundation
import Support
import Testing

/// The pages in a real browser, and the API's document against a real fuzzer. Both run as programs before
/// gateways of this process, and say themselves what they found.
@Suite(.enabled(if: Peer.isEnabled), .serialized) struct PagePeerTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  private static let root = folder.deletingLastPathComponent().deletingLastPathComponent()
  private static let tools = root.appendingPathComponent(".build/peer-tools/bin").path

  /// `SCREENSHOTS` names a folder for what the browser showed.
  @Test(.timeLimit(.minutes(10))) func `people can use the pages in a browser`() throws {
    let (open, failing) = (try PeerGateway(), try PeerGateway(fault: .status(500, nil)))
    let guarded = try PeerGateway(permissions: [])
    let screenshots = ProcessInfo.processInfo.environment["SCREENSHOTS"].map { [$0] } ?? []
    let browser = try Command(
      [
        "python3", Self.folder.appendingPathComponent("browser.py").path, open.address,
        failing.address, guarded.address, PeerGateway.token,
      ] + screenshots, seconds: 400)
    print(browser.output)
    #expect(browser.status == 0, "\(browser.output)")
    #expect(browser.output.components(separatedBy: "passed ").count - 1 == 12)
  }

  @Test(.timeLimit(.minutes(10))) func `the document is valid, and the gateway keeps to it`() throws
  {
    let gateway = try PeerGateway(permissions: .raw)
    let document = Self.root.appendingPathComponent("Sources/Web/Files/openapi.json").path
    let valid = try Command(["\(Self.tools)/openapi-spec-validator", document], seconds: 60)
    #expect(valid.status == 0, "\(valid.output)")
    let fuzzer = try Command(
      [
        "\(Self.tools)/schemathesis", "--config-file",
        Self.folder.appendingPathComponent("schemathesis.toml").path, "run",
        "\(gateway.address)/openapi.json", "--no-color", "--header",
        "Authorization: Bearer \(PeerGateway.token)", "--max-time", "75",
      ], seconds: 150)
    print(fuzzer.output.components(separatedBy: "SUMMARY").last ?? fuzzer.output)
    #expect(fuzzer.status == 0, "\(fuzzer.output)")
  }
}
