package import Sessions
package import Transport

/// Windows and scans that were read a short while ago, for pages that can use them: the rest of a
/// window serves the next page, and the same first page costs nothing within the TTL. Shared by all
/// loops and bounded in bytes; the oldest goes first.
///
/// What is kept is what the upstream said, before any permission: no answer is kept here.
package final class WindowStore: Sendable {
  /// One upstream list as a query sees it: the source and the target of its first row.
  package struct ListKey: Hashable, Sendable {
    package var source: String
    package var target: String
    package init(source: String, target: String) {
      self.source = source
      self.target = target
    }
  }

  private struct KeptWindow {
    var window: Window
    var readAt: Instant
    var serial: UInt64
  }

  private struct KeptScan {
    var list: ScannedList
    var startedAt: Instant
    var endedAt: Instant
    /// Nobody waited for its end any more.
    var outlivedCaller: Bool
    var serial: UInt64
  }

  private struct State {
    var windows: [ListKey: [KeptWindow]] = [:]
    var scans: [ListKey: KeptScan] = [:]
    /// Everything kept, oldest first: what to drop when there is too much.
    var order: [(serial: UInt64, key: ListKey, bytes: Int, at: Instant)] = []
    var firstInOrder = 0
    var bytes = 0
    var serial: UInt64 = 0
  }

  package let ttl: Duration
  package let readAhead: Duration
  /// What is on its way here.
  let flights = SharedFlights()
  private let maximumBytes: Int
  private let state = Guarded(State())

  package init(ttl: Duration, readAhead: Duration, maximumBytes: Int) {
    self.ttl = ttl
    self.readAhead = readAhead
    self.maximumBytes = maximumBytes
  }

  /// Without a TTL every answer is fresh, and nothing is read ahead.
  package var isEnabled: Bool { ttl > .zero }

  /// Bytes of upstream answers that are kept now.
  package var keptBytes: Int { state.withLock { $0.bytes } }

  /// The kept window that shows most of what is asked for, if it shows enough to go on with.
  /// - Parameter notBefore: it was asked for at this time or later.
  package func window(
    _ key: ListKey, _ request: WindowRequest, _ direction: WalkDirection, notBefore: Instant
  ) -> Window? {
    guard isEnabled else { return nil }
    return state.withLock { state in
      var best: (window: Window, shown: Int)?
      for kept in state.windows[key] ?? []
      where kept.readAt >= notBefore && kept.window.serves(request, direction) {
        let shown = Self.rows(of: kept.window, for: request, direction)
        if best.map({ shown > $0.shown }) ?? true { best = (kept.window, shown) }
      }
      return best?.window
    }
  }

  /// How far into the request a window shows the list, from the side that the walk comes from.
  private static func rows(
    of window: Window, for request: WindowRequest, _ direction: WalkDirection
  ) -> Int {
    switch direction {
    case .onward: window.offset + window.rawCount - request.offset
    case .backward: request.offset + request.count - window.offset
    }
  }

  package func keep(_ window: Window, _ key: ListKey, readAt: Instant) {
    guard isEnabled else { return }
    state.withLock { state in
      state.serial += 1
      state.windows[key, default: []].append(
        KeptWindow(window: window, readAt: readAt, serial: state.serial))
      note(key, bytes: window.footprint, at: readAt, &state)
    }
  }

  /// - Parameters:
  ///   - notBefore: the scan began at this time or later, or it outlived its caller.
  ///   - now: a scan is of use for `readAhead` after its end.
  package func scan(_ key: ListKey, notBefore: Instant, now: Instant) -> ScannedList? {
    guard isEnabled else { return nil }
    return state.withLock { state in
      guard let kept = state.scans[key], now - kept.endedAt <= readAhead,
        kept.startedAt >= notBefore || kept.outlivedCaller
      else { return nil }
      return kept.list
    }
  }

  package func keep(
    _ scan: ScannedList, _ key: ListKey, startedAt: Instant, endedAt: Instant,
    outlivedCaller: Bool
  ) {
    guard isEnabled else { return }
    state.withLock { state in
      state.serial += 1
      state.scans[key] = KeptScan(
        list: scan, startedAt: startedAt, endedAt: endedAt, outlivedCaller: outlivedCaller,
        serial: state.serial)
      note(key, bytes: scan.bytes, at: endedAt, &state)
    }
  }

  private func note(_ key: ListKey, bytes: Int, at time: Instant, _ state: inout State) {
    state.order.append((state.serial, key, bytes, time))
    state.bytes += bytes
    while state.firstInOrder < state.order.count {
      let oldest = state.order[state.firstInOrder]
      let isExpired = time - oldest.at > max(readAhead, ttl)
      guard state.bytes > maximumBytes || isExpired else { break }
      drop(oldest.key, oldest.serial, &state)
      state.bytes -= oldest.bytes
      state.firstInOrder += 1
    }
    // The array's front is given back once it is the larger half.
    if state.firstInOrder > 64, state.firstInOrder * 2 > state.order.count {
      state.order.removeFirst(state.firstInOrder)
      state.firstInOrder = 0
    }
  }

  private func drop(_ key: ListKey, _ serial: UInt64, _ state: inout State) {
    if state.scans[key]?.serial == serial {
      state.scans[key] = nil
      return
    }
    state.windows[key]?.removeAll { $0.serial == serial }
    if state.windows[key]?.isEmpty ?? false { state.windows[key] = nil }
  }
}
