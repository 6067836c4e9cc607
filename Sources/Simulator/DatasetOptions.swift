/// Size and liveliness of one provider's sessions.
package struct DatasetOptions: Sendable, Equatable {
  package var seed: UInt64
  /// Rows at the start.
  package var sessions: Int
  /// Time before the start over which they are spread.
  package var days: Int
  /// New sessions that appear while it runs.
  package var growthPerMinute: Double
  package var churn: ChurnRates
  /// Share of rows created in the same instant as the row before: 0.9 makes groups of about ten.
  package var tieRate: Double

  package init(
    seed: UInt64 = 1, sessions: Int = 2_000, days: Int = 60, growthPerMinute: Double = 4,
    churn: ChurnRates = ChurnRates(), tieRate: Double = 0.02
  ) {
    self.seed = seed
    self.sessions = sessions
    self.days = days
    self.growthPerMinute = growthPerMinute
    self.churn = churn
    self.tieRate = tieRate
  }

  /// Rows stop being added here, so that a simulator left running for weeks stays below 200 MB.
  static let mostSessions = 1_000_000
}

/// Changes a minute, at random moments, to random sessions, beside growth.
package struct ChurnRates: Sendable, Equatable {
  package var backdatedInserts: Double
  package var deletions: Double
  package var updates: Double

  package init(backdatedInserts: Double = 0, deletions: Double = 0, updates: Double = 0) {
    self.backdatedInserts = backdatedInserts
    self.deletions = deletions
    self.updates = updates
  }
}

/// The upstream APIs that are simulated.
package enum SimulatedProvider: String, CaseIterable, Sendable {
  case alcamine, anam, athena

  /// Place among all cases.
  var index: Int {
    switch self {
    case .alcamine: 0
    case .anam: 1
    case .athena: 2
    }
  }
}
