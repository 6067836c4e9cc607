import Sessions
import Transport

/// Where a request's page lies in its traversal: at the start, or where a cursor says. An object, as
/// closures hold it.
final class Traversal {
  private let request: ListRequest
  private let signer: CursorSigner
  /// Of the next page's cursor.
  private lazy var signature = signer.begin()
  /// When the first page was asked for.
  let startedAt: Timestamp
  let isFirstPage: Bool
  /// The sources that take part, in the order of the configuration.
  let members: [Member]
  /// Ranks that the filter's bounds admit; nil when there are none.
  private let admitted: ClosedRange<SortRank>?
  private let now: Timestamp

  var order: SessionOrder { request.query.order }

  struct Member {
    let source: Source
    /// Its place in the configuration.
    let index: Int
    /// Where the traversal stands in it.
    let position: SourcePosition
  }

  init(
    _ request: ListRequest, _ gateway: GatewayState, now: Timestamp
  ) throws(Problem) {
    let query = request.query
    self.request = request
    signer = gateway.signer
    self.now = now
    let known = try request.parameters.cursor.map { (text) throws(Problem) in
      try Self.cursor(text, request.fingerprint, gateway, now)
    }
    isFirstPage = known == nil
    startedAt = known?.startedAt ?? now
    let admitted = query.order.admittedRanks(query.filter)
    self.admitted = admitted
    members = gateway.sources.enumerated().compactMap { index, source in
      guard query.sources.isEmpty || query.sources.contains(source.name),
        query.providers.isEmpty || query.providers.contains(source.provider.name)
      else { return nil }
      if let known {
        // A source that was added since is not part of this traversal.
        guard let entry = known.sources.first(where: { $0.name == source.name }) else {
          return nil
        }
        return Member(source: source, index: index, position: entry.position)
      }
      var position = SourcePosition(startingAt: admitted?.lowerBound ?? .min)
      position.isExhausted = admitted == nil || !source.provider.canMatch(query.filter)
      return Member(source: source, index: index, position: position)
    }
  }

  private static func cursor(
    _ text: String, _ fingerprint: UInt64, _ gateway: GatewayState, _ now: Timestamp
  ) throws(Problem) -> Cursor {
    do {
      return try gateway.signer.cursor(text, query: fingerprint, now: now)
    } catch {
      switch error {
      case .invalid:
        throw Problem(
          .cursorInvalid, "cursor must be page.nextCursor of an earlier answer, unchanged",
          parameter: "cursor")
      case .mismatch:
        throw Problem(
          .cursorMismatch, "cursor goes with the filters and the sort it was given for",
          parameter: "cursor")
      case .expired:
        throw Problem(
          .cursorExpired, "cursor is too old: begin anew without one", parameter: "cursor")
      }
    }
  }

  /// What one source is asked for on this page.
  func plan(_ source: Source, _ gateway: GatewayState, limit: Int) -> SourcePlan {
    var admitted = admitted ?? .min ... .max
    // Ascending orders end at the time of the first page.
    if !order.descending, startedAt.milliseconds < admitted.upperBound {
      admitted = admitted.lowerBound...max(admitted.lowerBound, startedAt.milliseconds)
    }
    let filter = request.matcher.filter
    let bounds = filter.updatedAfter ?? filter.updatedBefore
    return SourcePlan(
      order: order, direction: source.direction(for: order), limits: source.provider.windows,
      matcher: request.matcher, pushedDown: source.pushedDown, admitted: admitted,
      admitsMissing: bounds == nil, limit: limit, readsAhead: gateway.store.isEnabled,
      scanLimit: gateway.configuration.query.scanLimit)
  }

  /// Answers from before this time are too old: a first page takes what is younger than the TTL; a
  /// later one nothing that is older than the traversal may be, nor than read-ahead is kept.
  func notBefore(_ store: WindowStore, now: Timestamp, instant: Instant) -> Instant {
    guard !isFirstPage else { return instant + (.zero - store.ttl) }
    let age = Duration.milliseconds(max(0, now.milliseconds - startedAt.milliseconds)) + store.ttl
    return instant + (.zero - min(age, store.readAhead))
  }

  /// Does what the cursor of the next page does not need the page for.
  func prepareCursor() {
    _ = request.fingerprint
    _ = signature
  }

  /// To be called once.
  func cursor(after page: PageLoader.Page) -> String {
    let sources = zip(members, page.positions).map {
      Cursor.Source(name: $0.source.name, position: $1)
    }
    return signer.text(
      Cursor(query: request.fingerprint, startedAt: startedAt, issuedAt: now, sources: sources),
      signedBy: signature)
  }
}
