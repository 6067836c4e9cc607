import HTTP

/// Which content codings a caller takes, of the two that there are: gzip, and none at all (RFC 9110,
/// 12.5.3).
struct ContentCoding: Hashable {
  /// Whether gzip is wanted at least as much as no coding.
  let prefersGzip: Bool
  /// Whether an answer without a coding will do.
  let allowsIdentity: Bool

  /// Below this many bytes the fields and the packet cost more than gzip saves.
  static let fewestBytes = 1_024
  /// Above it packing would hold the loop for more than some 40 ms.
  static let mostBytes = 8 << 20

  /// Without a word of the caller: plain answers, which cost nothing to make.
  static let plain = ContentCoding(prefersGzip: false, allowsIdentity: true)

  /// Throws a 406 when neither will do, before any source is asked.
  init(_ fields: Fields) throws(Problem) {
    guard fields.contains("accept-encoding") else {
      self = .plain
      return
    }
    let given = fields.elements("accept-encoding").compactMap(WeightedElement.init)
    func weight(_ names: String...) -> Int? {
      (given.first { names.contains($0.name) } ?? given.first { $0.name == "*" })?.weight
    }
    let gzip = weight("gzip", "x-gzip") ?? 0
    let identity = weight("identity")
    self.init(prefersGzip: gzip > 0 && gzip >= identity ?? 0, allowsIdentity: identity != 0)
    guard prefersGzip || allowsIdentity else {
      throw Problem(.notAcceptable, "Accept-Encoding must allow gzip or identity")
    }
  }

  private init(prefersGzip: Bool, allowsIdentity: Bool) {
    self.prefersGzip = prefersGzip
    self.allowsIdentity = allowsIdentity
  }

  /// Whether a body of so many bytes is to be packed.
  func packs(_ count: Int) -> Bool {
    prefersGzip && (Self.fewestBytes...Self.mostBytes ~= count || !allowsIdentity)
  }
}
