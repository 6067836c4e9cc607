import HTTP

/// Names the requests of one loop, for logs and answers: as the caller does where that is fit for a log
/// line, else with a random prefix and a count.
struct RequestIDs {
  private static let digits: StaticString = "0123456789abcdefghijklmnopqrstuvwxyz"
  /// Digits of `UInt64.max`.
  private static let longestNumber = 13

  private let prefix: [UInt8]
  private var count: UInt64 = 0

  init() {
    prefix = Array("\(String(UInt64.random(in: 0 ... .max), radix: 36))-".utf8)
  }

  mutating func id(_ fields: Fields) -> String {
    let given = fields.values("x-request-id")
    if given.count == 1, let id = given.first, Self.isValid(id) { return id }
    count += 1
    return text(count)
  }

  /// The number to the base 36, as `String(_:radix:)` has it, without code for every kind of integer.
  private func text(_ number: UInt64) -> String {
    String(unsafeUninitializedCapacity: prefix.count + Self.longestNumber) { text in
      _ = text.initialize(fromContentsOf: prefix)
      var rest = number
      var end = prefix.count
      repeat {
        end += 1
        rest /= 36
      } while rest > 0
      rest = number
      for index in (prefix.count..<end).reversed() {
        text.initializeElement(at: index, to: Self.digits.utf8Start[Int(rest % 36)])
        rest /= 36
      }
      return end
    }
  }

  private static func isValid(_ id: String) -> Bool {
    (1...128).contains(id.utf8.count)
      && id.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2E, 0x5F, 0x2D: true
        default: false
        }
      }
  }
}
