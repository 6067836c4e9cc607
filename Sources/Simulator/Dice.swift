import Glibc

/// Seeded chance (SplitMix64). Whatever the simulator invents is a function of a seed and of what it
/// is for, so that the same seed gives the same bytes and no row has to be stored in full.
struct Dice {
  private var state: UInt64

  /// Different streams of one seed have nothing to do with each other.
  init(seed: UInt64, stream: UInt64) {
    state = Dice.mix(seed &+ Dice.increment) ^ Dice.mix(stream &* 0xD134_2543_DE82_EF95 &+ 1)
  }

  private static let increment: UInt64 = 0x9E37_79B9_7F4A_7C15

  mutating func next() -> UInt64 {
    state &+= Dice.increment
    return Dice.mix(state)
  }

  /// 0 to `limit - 1`.
  mutating func below(_ limit: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(limit)).high)
  }

  mutating func between(_ lowest: Int64, _ highest: Int64) -> Int64 {
    lowest + Int64(next().multipliedFullWidth(by: UInt64(highest - lowest + 1)).high)
  }

  /// At least 0, below 1.
  mutating func fraction() -> Double { Double(next() >> 11) * 0x1p-53 }

  mutating func chance(_ probability: Double) -> Bool { fraction() < probability }

  mutating func pick<Element>(_ choices: [Element]) -> Element { choices[below(choices.count)] }

  /// Distance to the next event of a stream whose events are `mean` apart on average.
  mutating func exponential(mean: Double) -> Double { -mean * log(1 - fraction()) }

  /// A bijection of 64 bits that looks like chance.
  static func mix(_ value: UInt64) -> UInt64 {
    var mixed = value
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// The inverse of `mix`.
  static func unmix(_ mixed: UInt64) -> UInt64 {
    var value = mixed ^ (mixed >> 31) ^ (mixed >> 62)
    value = value &* 0x3196_42B2_D24D_8EC3
    value = (value ^ (value >> 27) ^ (value >> 54)) &* 0x96DE_1B17_3F11_9089
    return value ^ (value >> 30) ^ (value >> 60)
  }
}
