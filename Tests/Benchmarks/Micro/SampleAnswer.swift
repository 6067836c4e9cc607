import Bytes
import HTTP
import Sessions
import Simulator

/// What a simulated upstream answers to a first page's request: the same bytes in every run.
struct SampleAnswer {
  /// What `limit=50` asks of each source: two rows more, which a window cannot vouch for.
  static let request = WindowRequest(offset: 0, count: 52)

  let provider: any SessionProvider
  let body: ByteBuffer

  init(_ provider: any SessionProvider) throws {
    self.provider = provider
    guard let simulated = SimulatedProvider(rawValue: provider.name) else { throw WrongResult() }
    let service = SimulatedService(
      simulated, DatasetOptions(sessions: 300, growthPerMinute: 0), apiKey: "key",
      clock: { WallTime(milliseconds: 1_795_176_000_000) })
    let target = provider.listTarget(Self.request, order: .newestFirst, filter: SessionFilter())
    let parts = target.split(separator: "?", maxSplits: 1).map(String.init)
    let credential = provider.credential("key")
    let response = service.answer(
      Request(
        method: "GET", path: parts[0], query: parts.count > 1 ? parts[1] : nil,
        fields: Fields([(credential.name, credential.value)])))
    guard response.status == 200, let body = response.body else { throw WrongResult() }
    self.body = body
  }

  /// - Precondition: no id has an escape, so that nothing is appended to the body.
  func window() throws -> Window { try provider.window(from: body, answering: Self.request) }
}
