/// How long to wait before trying again: doubling from 100 ms to 2 s, half of it by chance, so that
/// those who failed together do not come back together.
enum Backoff {
  private static let first = 100.0
  private static let longest = 2000.0

  static func delay(
    afterTries tries: Int, using random: inout some RandomNumberGenerator
  ) -> Duration {
    var milliseconds = first
    for _ in 0..<min(max(0, tries), 8) { milliseconds *= 2 }
    let bounded = min(milliseconds, longest)
    return .milliseconds(Double.random(in: bounded / 2...bounded, using: &random))
  }
}
