/// Something that an upstream does wrong, and when.
package struct FaultRule: Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    /// The answer takes longer than usual by a time in this range.
    case delay(ClosedRange<Duration>)
    case status(Int, RetryAfter?)
    /// Never answers.
    case hang
    /// Bytes that are no JSON, under the right content type.
    case garbage
    /// The right answer up to its middle, framed as if it were whole.
    case truncated
    /// A page for people, with status 200.
    case wrongType
    /// The first page of the default size, whatever was asked for.
    case ignoresPaging
    /// The first page of the size that was asked for.
    case ignoresOffset
    /// The first row has that many additional bytes.
    case oversized(bytes: Int)
  }

  package enum RetryAfter: Sendable, Equatable {
    case seconds(Int)
    /// That many seconds from now, written as a date.
    case date(Int)
  }

  package enum Moment: Sendable, Equatable {
    /// Of all requests, at random.
    case share(Double)
    /// By their number since the start, from 1.
    case requests(ClosedRange<Int>)
  }

  package var kind: Kind
  package var moment: Moment

  package init(_ kind: Kind, _ moment: Moment = .share(1)) {
    self.kind = kind
    self.moment = moment
  }
}

/// Everything that is wrong with one upstream.
package struct SimulatorFaults: Sendable, Equatable {
  /// The first one that applies decides what happens to a request; delays come on top.
  package var rules: [FaultRule]
  package var disorder: ListDisorder
  /// Share of rows that are not what the page documents; always the same rows.
  package var malformedRate: Double
  /// Time that every answer takes.
  package var latency: ClosedRange<Duration>?

  package init(
    rules: [FaultRule] = [], disorder: ListDisorder = .none, malformedRate: Double = 0,
    latency: ClosedRange<Duration>? = nil
  ) {
    self.rules = rules
    self.disorder = disorder
    self.malformedRate = malformedRate
    self.latency = latency
  }

  /// What happens to request `number`; the same for the same seed.
  func fate(ofRequest number: Int, seed: UInt64) -> RequestFate {
    var dice = Dice(seed: seed, stream: UInt64(number) << 8 | 0x80)
    var fate = RequestFate()
    if let latency { fate.delay += dice.duration(latency) }
    for rule in rules {
      // Every rule throws its dice, so that one rule does not change the luck of another.
      let (luck, extent) = (dice.fraction(), dice.next())
      let applies =
        switch rule.moment {
        case .share(let share): luck < share
        case .requests(let numbers): numbers.contains(number)
        }
      guard applies else { continue }
      if case .delay(let range) = rule.kind {
        var dice = Dice(seed: seed, stream: extent)
        fate.delay += dice.duration(range)
      } else if fate.fault == nil {
        fate.fault = rule.kind
      }
    }
    return fate
  }
}

struct RequestFate: Equatable {
  var delay = Duration.zero
  var fault: FaultRule.Kind?
}

extension Dice {
  fileprivate mutating func duration(_ range: ClosedRange<Duration>) -> Duration {
    range.lowerBound + (range.upperBound - range.lowerBound) * fraction()
  }
}
