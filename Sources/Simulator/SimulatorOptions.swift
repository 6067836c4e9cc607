/// How the simulated upstreams are to be: set member by member, or read from the text forms that a
/// command line has.
package struct SimulatorOptions: Sendable, Equatable {
  package var dataset = DatasetOptions()
  /// Rows at the start where they differ from `dataset.sessions`.
  package var sessions: [SimulatedProvider: Int] = [:]
  package var faults: [SimulatedProvider: SimulatorFaults] = [:]
  /// Anam announces one on its page; by default it is one that nobody meets.
  package var rateLimits: [SimulatedProvider: RateLimit] = [
    .anam: RateLimit(requests: 1_000_000, per: .seconds(60))
  ]
  package var apiKeys: [SimulatedProvider: String] = [
    .alcamine: "simulated-alcamine-key", .anam: "simulated-anam-key",
    .athena: "simulated-athena-key",
  ]
  /// 0 picks a free one.
  package var ports: [SimulatedProvider: UInt16] = [:]
  /// Loops of each upstream.
  package var loops = 1

  package init() {}

  func dataset(for provider: SimulatedProvider) -> DatasetOptions {
    var options = dataset
    options.sessions = sessions[provider] ?? dataset.sessions
    return options
  }

  /// `20ms`, `20ms-60ms`, `anam=1s`.
  package mutating func addLatency(_ text: String) throws(SimulatorOptionError) {
    let (providers, rest) = try OptionText.providers(text, option: "--latency")
    guard let range = OptionText.durationRange(rest[...]) else {
      throw SimulatorOptionError(
        option: "--latency", value: text, expected: "TIME or TIME-TIME, such as 20ms-60ms")
    }
    for provider in providers { faults[provider, default: SimulatorFaults()].latency = range }
  }

  /// `anam=status:500@0.2`; the forms are in `SimulatorFaults.grammar`.
  package mutating func addFault(_ text: String) throws(SimulatorOptionError) {
    let (providers, rest) = try OptionText.providers(text, option: "--fault")
    for provider in providers { try faults[provider, default: SimulatorFaults()].add(rest) }
  }

  /// `2000`, `anam=60000`.
  package mutating func addSessions(_ text: String) throws(SimulatorOptionError) {
    let (providers, rest) = try OptionText.providers(text, option: "--sessions")
    guard let count = Int(rest), (0...DatasetOptions.mostSessions).contains(count) else {
      throw SimulatorOptionError(
        option: "--sessions", value: text,
        expected: "a number from 0 to \(DatasetOptions.mostSessions)")
    }
    for provider in providers { sessions[provider] = count }
  }

  /// `8081`, which is for one provider alone; so `anam=8081`.
  package mutating func addPort(_ text: String) throws(SimulatorOptionError) {
    let (providers, rest) = try OptionText.providers(text, option: "--port")
    guard providers.count == 1, let port = UInt16(rest) else {
      throw SimulatorOptionError(
        option: "--port", value: text, expected: "PROVIDER=PORT with a port from 0 to 65535")
    }
    ports[providers[0]] = port
  }

  /// `anam=SECRET`. The error never shows the key.
  package mutating func addAPIKey(_ text: String) throws(SimulatorOptionError) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let provider = SimulatedProvider(rawValue: String(parts[0])),
      !parts[1].isEmpty, parts[1].utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else {
      throw SimulatorOptionError(
        option: "--api-key", value: "...", expected: "PROVIDER=KEY with a key of visible ASCII")
    }
    apiKeys[provider] = String(parts[1])
  }

  /// `inserts:2,deletes:1.5,updates:10`: changes a minute to each provider's list.
  package mutating func setChurn(_ text: String) throws(SimulatorOptionError) {
    var churn = ChurnRates()
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let halves = part.split(separator: ":", omittingEmptySubsequences: false)
      let rate = halves.count == 2 ? OptionText.plainNumber(halves[1]) : nil
      switch (halves[0], rate) {
      case ("inserts", let rate?): churn.backdatedInserts = try checked(rate, "--churn", text)
      case ("deletes", let rate?): churn.deletions = try checked(rate, "--churn", text)
      case ("updates", let rate?): churn.updates = try checked(rate, "--churn", text)
      default:
        throw SimulatorOptionError(
          option: "--churn", value: text,
          expected: "RATES a minute such as inserts:2,deletes:1,updates:10")
      }
    }
    dataset.churn = churn
  }

  /// New sessions a minute and provider: `4`, `0.5`.
  package mutating func setGrowth(_ text: String) throws(SimulatorOptionError) {
    guard let rate = OptionText.plainNumber(text[...]) else {
      throw SimulatorOptionError(option: "--growth", value: text, expected: "a number a minute")
    }
    dataset.growthPerMinute = try checked(rate, "--growth", text)
  }

  /// Share of sessions created in the same instant as another: `0.02`, `90%`.
  package mutating func setTies(_ text: String) throws(SimulatorOptionError) {
    guard let share = OptionText.share(text[...]), share <= 0.999 else {
      throw SimulatorOptionError(
        option: "--ties", value: text, expected: "a share from 0 to 0.999")
    }
    dataset.tieRate = share
  }

  /// `anam=100/10s`, granted requests by time.
  package mutating func addRateLimit(_ text: String) throws(SimulatorOptionError) {
    let (providers, rest) = try OptionText.providers(text, option: "--rate-limit")
    let halves = rest.split(separator: "/", omittingEmptySubsequences: false)
    guard halves.count == 2, let requests = Int(halves[0]), requests > 0,
      let window = OptionText.duration(halves[1]), window >= .seconds(1)
    else {
      throw SimulatorOptionError(
        option: "--rate-limit", value: text, expected: "REQUESTS/TIME such as anam=100/10s")
    }
    for provider in providers {
      rateLimits[provider] = RateLimit(requests: requests, per: window)
    }
  }

  /// A million changes a minute keep a core busy; more would never catch up.
  private func checked(
    _ rate: Double, _ option: String, _ text: String
  ) throws(SimulatorOptionError) -> Double {
    guard rate <= 1_000_000 else {
      throw SimulatorOptionError(
        option: option, value: text, expected: "at most 1000000 a minute")
    }
    return rate
  }
}
