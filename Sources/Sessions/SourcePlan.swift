/// What one traversal asks of one source: the same on every page, derived from the query and what
/// the provider can do. An object, since readers are copied.
package final class SourcePlan: Sendable {
  package let order: SessionOrder
  /// How the order runs through the upstream's list; nil when the list has no relation to it.
  package let direction: WalkDirection?
  package let limits: WindowLimits
  package let matcher: SessionMatcher
  /// Whether any session can fail to match once the upstream has done what it can: without such a
  /// filter a page needs no more rows than it returns.
  package let isSelective: Bool
  /// Ranks that the filter's bounds on the sort value admit.
  package let admitted: ClosedRange<SortRank>
  /// Whether sessions without the sort value are admitted, after all others.
  package let admitsMissing: Bool
  /// Sessions that the page may return.
  package let limit: Int
  /// Whether windows may hold more than this page needs, for the pages after it.
  package let readsAhead: Bool
  /// Rows of one tie group, or of a whole list, that are held at most.
  package let scanLimit: Int

  /// - Parameter pushedDown: parameters that the upstream applies itself. They are asked here all
  ///   the same (what the upstream lets through in excess is dropped), but are not expected to drop
  ///   anything.
  package init(
    order: SessionOrder, direction: WalkDirection?, limits: WindowLimits, matcher: SessionMatcher,
    pushedDown: Set<String> = [], admitted: ClosedRange<SortRank>, admitsMissing: Bool = true,
    limit: Int, readsAhead: Bool, scanLimit: Int
  ) {
    self.order = order
    self.direction = direction
    self.limits = limits
    self.matcher = matcher
    isSelective = !matcher.restricted.isSubset(of: pushedDown)
    self.admitted = admitted
    self.admitsMissing = admitsMissing
    self.limit = limit
    self.readsAhead = readsAhead
    self.scanLimit = scanLimit
  }

  /// Behind the last admitted rank the sessions without the sort value may still come.
  var readsBeyondEdge: Bool { admitsMissing && order.key == .updatedAt }

  func admits(_ rank: SortRank) -> Bool {
    rank == .max ? admitsMissing : admitted.contains(rank)
  }

  /// Rows before the place that a window should show: two of evidence, one to spare for a deletion.
  static let overlap = 3
  /// Rows at a window's end that it cannot vouch for: the last one, which may be out of place, and
  /// the one before it, whose equals may follow.
  static let margin = 2
  /// A window of fewer rows could look ordered by chance.
  static let leastRows = 24

  /// Rows to ask for at once. A page that drops rows, or that others follow, asks for all it can
  /// get: requests are what upstreams count.
  func rowsPerRequest(isFirstPage: Bool) -> Int {
    if isSelective || (readsAhead && !isFirstPage) { return limits.maximum }
    let wanted = limit + Self.margin + (isFirstPage ? 0 : Self.overlap)
    return min(limits.maximum, max(wanted, Self.leastRows))
  }
}

/// What a page says about the order that a source's rows came in (docs/PAGING.md), mildest first.
package enum OrderReport: String, Comparable, Sendable {
  /// As the source lists them.
  case native
  /// Rows that were out of place were put in place.
  case reordered
  /// Rows came where they were read, out of place.
  case late
  /// The whole list was read and sorted.
  case scanned
  /// The whole list was to be read, but is longer than the limit: the rest is not served.
  case truncated

  private var severity: Int {
    switch self {
    case .native: 0
    case .reordered: 1
    case .late: 2
    case .scanned: 3
    case .truncated: 4
    }
  }

  package static func < (left: OrderReport, right: OrderReport) -> Bool {
    left.severity < right.severity
  }
}
