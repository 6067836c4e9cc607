import Bytes
package import HTTP
import Transport

/// One simulated upstream: its rows, its key, its faults and its counts, shared by all loops that
/// serve it and by whoever looks on or meddles.
package final class SimulatedService: Sendable {
  package let provider: SimulatedProvider
  let api: any UpstreamAPI
  let seed: UInt64
  private let clock: @Sendable () -> WallTime
  private let state: Guarded<State>

  private struct State {
    var dataset: SimulatedDataset
    var faults: SimulatorFaults
    var apiKey: String
    var counts = ServiceCounts()
    var allowance: RequestAllowance?
  }

  /// - Parameter clock: the time of day; rows are spread over the days before its first answer.
  package init(
    _ provider: SimulatedProvider, _ options: DatasetOptions = DatasetOptions(),
    faults: SimulatorFaults = SimulatorFaults(), apiKey: String,
    rateLimit: RateLimit? = nil, clock: @escaping @Sendable () -> WallTime = WallTime.now
  ) {
    self.provider = provider
    self.clock = clock
    let now = clock()
    let dataset = SimulatedDataset(provider, options, disorder: faults.disorder, now: now)
    seed = dataset.seed
    api =
      switch provider {
      case .alcamine: AlcamineAPI(dataset)
      case .anam: AnamAPI(dataset)
      case .athena: AthenaAPI(dataset)
      }
    state = Guarded(
      State(
        dataset: dataset, faults: faults, apiKey: apiKey,
        allowance: rateLimit.map { RequestAllowance($0, now: now) }))
  }

  /// The rows and the rest, brought up to this moment.
  private func withState<Result: Sendable>(_ body: (inout State, WallTime) -> Result) -> Result {
    state.withLock { state in
      state.dataset.advance(to: clock())
      return body(&state, state.dataset.now)
    }
  }

  // MARK: Serving

  /// Counts a request and says what is to happen to it.
  func admit() -> RequestFate {
    state.withLock { state in
      state.counts.requests += 1
      let fate = state.faults.fate(ofRequest: state.counts.requests, seed: seed)
      if fate.fault != nil { state.counts.faults += 1 }
      return fate
    }
  }

  /// The answer to a request that `fault`, if any, happens to.
  package func answer(_ request: Request, fault: FaultRule.Kind? = nil) -> Response {
    if case .status(let code, let retryAfter) = fault { return refusal(code, retryAfter) }
    var response: Response
    do throws(APIProblem) {
      response = try answered(request, fault)
    } catch {
      state.withLock { $0.counts.add(error) }
      response = api.response(to: error)
    }
    spoil(&response, fault)
    addRateLimit(to: &response)
    return response
  }

  private func answered(
    _ request: Request, _ fault: FaultRule.Kind?
  ) throws(APIProblem) -> Response {
    let id = try route(request.path)
    guard request.method == "GET" else { throw .methodNotAllowed }
    let isKnown = state.withLock { state in
      api.credentials(in: request.fields).contains(state.apiKey)
    }
    guard isKnown else { throw .unauthorized }
    try takeAllowance()
    if let id { return try item(id) }
    return try list(try Parameters(query: request.query), fault)
  }

  /// The id of the item asked for, nil for the list.
  private func route(_ path: String) throws(APIProblem) -> String? {
    if path == api.listPath { return nil }
    let prefix = api.listPath + "/"
    guard path.hasPrefix(prefix) else { throw .unknownPath }
    let segment = path.dropFirst(prefix.count)
    guard !segment.isEmpty, !segment.contains("/") else { throw .unknownPath }
    guard let id = PercentCoding.decodeSegment(String(segment)) else { throw .unknownPath }
    return id
  }

  private func item(_ id: String) throws(APIProblem) -> Response {
    let session = withState { state, _ in
      state.counts.items += 1
      return state.dataset.session(id)
    }
    guard let session else { throw .noSuchSession }
    let body = ByteBuffer(capacity: 8_192)
    api.objects.write(session, RowQuirks(), to: JSONOutput(body))
    return Response(200, fields: .json, body: body)
  }

  private func list(
    _ parameters: Parameters, _ fault: FaultRule.Kind?
  ) throws(APIProblem) -> Response {
    var plan = try api.plan(parameters, now: clock())
    if fault == .ignoresPaging {
      let first = try api.plan(try Parameters(query: nil), now: clock())
      (plan.offset, plan.limit) = (first.offset, first.limit)
    }
    if fault == .ignoresOffset { plan.offset = 0 }
    let found = withState { state, _ in
      let found = state.dataset.window(plan.query, offset: plan.offset, limit: plan.limit)
      let total = plan.needsTotal ? state.dataset.count(plan.query) : 0
      state.counts.lists += 1
      state.counts.rows += found.rows.count
      return (
        rows: found.rows, hasMore: found.hasMore, total: total,
        malformedRate: state.faults.malformedRate
      )
    }
    let page = ListPage(
      offset: plan.offset, limit: plan.limit, rows: found.rows.count, hasMore: found.hasMore,
      total: found.total)
    let body = ByteBuffer(capacity: 4_096 * (found.rows.count + 1))
    let text = JSONOutput(body)
    api.writeList(page, to: text) { index in
      var quirks = RowQuirks(malformation: malformation(found.rows[index], found.malformedRate))
      if case .oversized(let bytes) = fault, index == 0 { quirks.padding = bytes }
      api.objects.write(found.rows[index], quirks, to: text)
    }
    return Response(200, fields: .json, body: body)
  }

  private func malformation(
    _ session: SimulatedSession, _ rate: Double
  ) -> RowQuirks.Malformation? {
    guard rate > 0 else { return nil }
    var dice = Dice(seed: seed, stream: UInt64(session.serial) << 8 | 0x40)
    return dice.chance(rate) ? dice.pick(RowQuirks.Malformation.allCases) : nil
  }

  // MARK: Faults and limits

  private func refusal(_ code: Int, _ retryAfter: FaultRule.RetryAfter?) -> Response {
    let body = ByteBuffer()
    let text = JSONOutput(body)
    text.object {
      text.member("error", "simulated")
      text.member("message", "This answer was asked for as a fault.")
    }
    var response = Response(Status(rawValue: code), fields: .json, body: body)
    switch retryAfter {
    case .seconds(let seconds): response.fields.append("Retry-After", "\(seconds)")
    case .date(let seconds):
      let date = ByteBuffer()
      HTTPDate.append(
        secondsSince1970: clock().milliseconds / 1_000 + Int64(seconds), to: date)
      response.fields.append("Retry-After", date.text)
    case nil: break
    }
    return response
  }

  private func spoil(_ response: inout Response, _ fault: FaultRule.Kind?) {
    switch fault {
    case .garbage:
      var dice = Dice(seed: seed, stream: 0x99)
      response.body = ByteBuffer((0..<512).map { _ in UInt8(truncatingIfNeeded: dice.next()) })
      response.status = 200
    case .truncated:
      if let body = response.body { body.truncate(to: body.count / 2) }
    case .wrongType:
      let page = "<!doctype html><title>Sign in</title><h1>Please sign in to continue</h1>"
      response = Response(
        200, fields: Fields([("Content-Type", "text/html; charset=utf-8")]), body: ByteBuffer(page))
    default: break
    }
  }

  private func takeAllowance() throws(APIProblem) {
    let isGranted = withState { state, now in state.allowance?.take(at: now) ?? true }
    if !isGranted { throw .tooManyRequests }
  }

  private func addRateLimit(to response: inout Response) {
    guard let allowance = state.withLock({ $0.allowance }) else { return }
    allowance.describe(in: &response, at: clock())
  }

  // MARK: Looking on and meddling

  package var counts: ServiceCounts { state.withLock { $0.counts } }

  package func resetCounts() { state.withLock { $0.counts = ServiceCounts() } }

  package var faults: SimulatorFaults { state.withLock { $0.faults } }

  /// From the next request on.
  package func setFaults(_ faults: SimulatorFaults) {
    state.withLock { state in
      state.faults = faults
      state.dataset.setDisorder(faults.disorder)
    }
  }

  package func setAPIKey(_ key: String) { state.withLock { $0.apiKey = key } }

  /// A new session, created now; gives its id.
  @discardableResult
  package func insert() -> String { insert { $0 } }

  /// A session that appears now with a creation time in the past; gives its id.
  @discardableResult
  package func insert(age: Duration) -> String { insert { $0 - age } }

  @discardableResult
  package func insert(createdAt: WallTime) -> String { insert { _ in createdAt } }

  private func insert(_ created: (WallTime) -> WallTime) -> String {
    withState { state, now in
      let time = created(now)
      let onGrid = provider == .athena ? time : WallTime(milliseconds: time.milliseconds)
      let session = state.dataset.insert(at: onGrid)
      return state.dataset.identity.text(.session, session.serial)
    }
  }

  /// False when there is no such session.
  @discardableResult
  package func delete(_ id: String) -> Bool {
    withState { state, _ in
      state.dataset.session(id).map { state.dataset.delete($0.serial) } ?? false
    }
  }

  /// Changes the title and moves the time of the last update to now. False without such a session.
  @discardableResult
  package func update(_ id: String) -> Bool {
    withState { state, _ in
      state.dataset.session(id).map { state.dataset.update($0.serial) } ?? false
    }
  }

  /// A session's JSON as its provider shows it now; nil without such a session.
  package func json(of id: String) -> [UInt8]? {
    let session = withState { state, _ in state.dataset.session(id) }
    guard let session else { return nil }
    let body = ByteBuffer(capacity: 8_192)
    api.objects.write(session, RowQuirks(), to: JSONOutput(body))
    return withExtendedLifetime(body) { Array(body.bytes) }
  }

  /// Every living session, newest first, equal times in the order of their insertion.
  package func rows() -> [SimulatedRow] {
    withState { state, _ in
      state.dataset.sessions.filter { !$0.isDeleted }
        .sorted { ($0.created, $1.serial) > ($1.created, $0.serial) }
        .map { session in
          SimulatedRow(
            id: state.dataset.identity.text(.session, session.serial), createdAt: session.created,
            updatedAt: session.updated, isSubSession: session.isSubSession, isTask: session.isTask)
        }
    }
  }
}
