extension SimulatorFaults {
  /// The faults that `add` understands, for help texts.
  package static let grammar = """
    KIND[@WHEN], where WHEN is a share (0.2, 20%) or request numbers (#3, #3-5, #3-), default all; \
    KIND is one of status:CODE, status:CODE:RETRY-AFTER (2s, or date:2s), delay:TIME[-TIME], hang, \
    garbage, truncated, wrong-type, ignores-paging, ignores-offset, oversized[:SIZE], \
    malformed (share of rows), order:swapped, order:strays (share of rows), order:random, \
    order:ascending
    """

  /// Adds the fault that `text` describes: `status:500@0.2`, `order:strays@1%`, `hang@#3-5`.
  package mutating func add(_ text: String) throws(SimulatorOptionError) {
    let mistake = SimulatorOptionError(
      option: "--fault", value: text, expected: SimulatorFaults.grammar)
    let halves = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    let parts = halves[0].split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard let moment = halves.count == 1 ? .share(1) : FaultRule.Moment(String(halves[1])) else {
      throw mistake
    }
    if try addToList(parts, moment, mistake) { return }
    guard let kind = FaultRule.Kind(parts) else { throw mistake }
    rules.append(FaultRule(kind, moment))
  }

  /// What goes for rows and their order, not for requests.
  private mutating func addToList(
    _ parts: [String], _ moment: FaultRule.Moment, _ mistake: SimulatorOptionError
  ) throws(SimulatorOptionError) -> Bool {
    guard parts[0] == "malformed" || parts[0] == "order" else { return false }
    guard case .share(let share) = moment else { throw mistake }
    switch parts {
    case ["malformed"]: malformedRate = share
    case ["order", "swapped"]: disorder = .swapped(rate: share)
    case ["order", "strays"]: disorder = .strays(rate: share)
    case ["order", "random"]: disorder = .random
    case ["order", "ascending"]: disorder = .ascending
    default: throw mistake
    }
    return true
  }
}

extension FaultRule.Moment {
  /// `0.2`, `20%`, `#3`, `#3-5`, `#3-`.
  init?(_ text: String) {
    guard text.hasPrefix("#") else {
      guard let share = OptionText.share(text[...]) else { return nil }
      self = .share(share)
      return
    }
    let ends = text.dropFirst().split(separator: "-", omittingEmptySubsequences: false)
    guard let first = ends.first.flatMap({ Int($0) }), first > 0, ends.count <= 2 else {
      return nil
    }
    let last = ends.count == 1 ? first : ends[1].isEmpty ? Int.max : Int(ends[1])
    guard let last, last >= first else { return nil }
    self = .requests(first...last)
  }
}

extension FaultRule.Kind {
  init?(_ parts: [String]) {
    switch (parts[0], parts.count) {
    case ("hang", 1): self = .hang
    case ("garbage", 1): self = .garbage
    case ("truncated", 1): self = .truncated
    case ("wrong-type", 1): self = .wrongType
    case ("ignores-paging", 1): self = .ignoresPaging
    case ("ignores-offset", 1): self = .ignoresOffset
    case ("oversized", 1): self = .oversized(bytes: 1_024 * 1_024)
    case ("oversized", 2):
      guard let bytes = OptionText.bytes(parts[1][...]) else { return nil }
      self = .oversized(bytes: bytes)
    case ("delay", 2):
      guard let range = OptionText.durationRange(parts[1][...]) else { return nil }
      self = .delay(range)
    case ("status", 2...4):
      guard let code = Int(parts[1]), (400...599).contains(code) else { return nil }
      guard parts.count > 2 else {
        self = .status(code, nil)
        return
      }
      let isDate = parts.count == 4 && parts[2] == "date"
      guard isDate || parts.count == 3, let delay = OptionText.duration(parts[parts.count - 1][...])
      else { return nil }
      let seconds = Int(delay.components.seconds)
      self = .status(code, isDate ? .date(seconds) : .seconds(seconds))
    default: return nil
    }
  }
}
