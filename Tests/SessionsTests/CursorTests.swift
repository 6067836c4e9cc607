import Support
import Testing

@testable import Sessions

@Suite struct CursorTests {
  private static let signer = CursorSigner(secrets: [[1, 2, 3]], lifetime: .seconds(60))

  @Test(arguments: 0..<UInt64(60))
  func readsBackWhatItWrote(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let cursor = Self.cursor(&generator)
    let text = Self.signer.text(cursor)
    let read = try Self.signer.cursor(text, query: cursor.query, now: cursor.issuedAt)
    #expect(read == cursor, "seed \(seed)")
  }

  @Test(arguments: 0..<UInt64(10))
  func refusesEveryChangedCharacterAndEveryCut(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let cursor = Self.cursor(&generator)
    let text = Array(Self.signer.text(cursor).utf8)
    for index in text.indices {
      for other in "Az0-_=+/ ".utf8 where other != text[index] {
        var changed = text
        changed[index] = other
        #expect(refusal(changed, cursor) == .invalid, "seed \(seed), \(index)")
      }
      #expect(refusal(Array(text[..<index]), cursor) == .invalid, "seed \(seed), cut \(index)")
    }
    #expect(refusal(text + [0x41], cursor) == .invalid)
    #expect(refusal(text + [0x3D], cursor) == .invalid)
  }

  @Test(arguments: 0..<UInt64(10))
  func refusesEveryChangedByte(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let cursor = Self.cursor(&generator)
    let bytes = try #require(Base64URL.decode(Self.signer.text(cursor)))
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= UInt8(1) << UInt8.random(in: 0..<8, using: &generator)
      let text = Array(Base64URL.encode(changed).utf8)
      #expect(refusal(text, cursor) == .invalid, "seed \(seed), \(index)")
    }
  }

  @Test func refusesTextThatIsNotCanonicalBase64URL() {
    #expect(Base64URL.decode("AA") == [0])
    for text in ["A", "AB", "AAB", "AAAAA", "AA==", "A A", "AA\n", "AA+", "AÄ"] {
      #expect(Base64URL.decode(text) == nil, "\(text)")
    }
    for count in 0..<40 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 97) }
      #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
    }
  }

  @Test func secretsRotate() throws {
    var generator = SeededGenerator(seed: 1)
    let cursor = Self.cursor(&generator)
    let old = Self.signer.text(cursor)
    let rotated = CursorSigner(secrets: [[9], [1, 2, 3]], lifetime: .seconds(60))
    let new = rotated.text(cursor)
    #expect(new != old)
    for text in [old, new] {
      #expect(try rotated.cursor(text, query: cursor.query, now: cursor.issuedAt) == cursor)
    }
    #expect(throws: CursorSigner.Refusal.invalid) {
      try Self.signer.cursor(new, query: cursor.query, now: cursor.issuedAt)
    }
  }

  @Test func expiresAndBelongsToItsQuery() throws {
    var generator = SeededGenerator(seed: 2)
    let cursor = Self.cursor(&generator)
    let text = Self.signer.text(cursor)
    let last = Timestamp(milliseconds: cursor.issuedAt.milliseconds + 60_000)
    #expect(try Self.signer.cursor(text, query: cursor.query, now: last) == cursor)
    #expect(throws: CursorSigner.Refusal.expired) {
      let later = Timestamp(milliseconds: last.milliseconds + 1)
      return try Self.signer.cursor(text, query: cursor.query, now: later)
    }
    #expect(throws: CursorSigner.Refusal.mismatch) {
      try Self.signer.cursor(text, query: cursor.query ^ 1, now: last)
    }
  }

  /// Everything as long as it gets: positions far apart, a boundary and a hint in each source.
  @Test func threeSourcesWithIdsOfFortyBytesStayUnder600Bytes() {
    let sources = ["alcamine", "anam-eu", "athena"].map { name in
      var position = SourcePosition(startingAt: -1_900_000_000_000)
      position.anchor = -1_999_999_999_999
      position.readTo = .max
      position.afterID = BoundaryID(bytes: Array(repeating: 0x7A, count: 40), hash: nil)
      position.hint = 2_000_000_000
      position.lateReturned = 10_000
      return Cursor.Source(name: name, position: position)
    }
    let cursor = Cursor(
      query: .max, startedAt: .init(milliseconds: 1_900_000_000_000),
      issuedAt: .init(milliseconds: 1_900_086_400_000), sources: sources)
    #expect(Self.signer.text(cursor).utf8.count < 600)
  }

  @Test(arguments: 0..<UInt64(300))
  func decodesNoiseWithoutHarm(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var bytes = Self.cursor(&generator).encoded()
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
      bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(
        in: 0...255, using: &generator)
    }
    bytes.removeLast(Int.random(in: 0...3, using: &generator))
    if let cursor = Cursor(encoded: bytes) {
      #expect(Cursor(encoded: cursor.encoded()) == cursor, "seed \(seed)")
    }
  }

  @Test func ofAnExhaustedSourceOnlyThatIsKept() throws {
    var position = SourcePosition(startingAt: 5)
    position.isExhausted = true
    position.sawDisorder = true
    position.afterID = BoundaryID(bytes: [1, 2, 3], hash: 4)
    position.hint = 7
    let cursor = Cursor(
      query: 1, startedAt: .init(milliseconds: 2), issuedAt: .init(milliseconds: 3),
      sources: [.init(name: "a", position: position)])
    let read = try #require(Cursor(encoded: cursor.encoded())).sources[0].position
    #expect(read.isExhausted && read.sawDisorder && read.afterID == nil && read.hint == nil)
  }

  private func refusal(_ text: [UInt8], _ cursor: Cursor) -> CursorSigner.Refusal? {
    do throws(CursorSigner.Refusal) {
      _ = try Self.signer.cursor(
        String(decoding: text, as: UTF8.self), query: cursor.query, now: cursor.issuedAt)
      return nil
    } catch {
      return error
    }
  }

  private static func cursor(_ generator: inout SeededGenerator) -> Cursor {
    let times = [0, 1, -1, 1_900_000_000_000, Int64.min, .max]
    let sources = (0..<Int.random(in: 0...4, using: &generator)).map { index in
      var position = SourcePosition(startingAt: times.randomElement(using: &generator) ?? 0)
      position.isExhausted = generator.chance(0.2)
      position.isScanned = generator.chance(0.2)
      position.sawDisorder = generator.chance(0.2)
      position.returnedAhead = generator.chance(0.2)
      if position.isExhausted {
        position.rank = .min
        position.anchor = .min
        position.readTo = .min
      } else {
        position.anchor = times.randomElement(using: &generator) ?? 0
        position.readTo = times.randomElement(using: &generator) ?? 0
        if generator.chance(0.3) {
          position.lateReturned = Int.random(in: 1...10_000, using: &generator)
        }
        if generator.chance(0.7) {
          let id = (0..<Int.random(in: 0...300, using: &generator)).map { _ in
            UInt8.random(in: 0...255, using: &generator)
          }
          position.afterID = id.withUnsafeBytes { BoundaryID($0) }
        }
        if generator.chance(0.7) {
          position.hint = Int.random(in: 0...1 << 31 - 1, using: &generator)
        }
      }
      return Cursor.Source(name: "source-\(index)", position: position)
    }
    let started = Int64.random(in: 0...2_000_000_000_000, using: &generator)
    return Cursor(
      query: generator.next(), startedAt: .init(milliseconds: started),
      issuedAt: .init(milliseconds: started + 5), sources: sources)
  }
}

@Suite struct SessionQueryTests {
  @Test func equalMeaningsHaveEqualFingerprints() {
    var left = SessionQuery()
    left.sources = ["a", "b"]
    left.filter.statuses = [.failed, .active]
    left.filter.text = "Straße"
    var right = SessionQuery()
    right.sources = ["b", "a"]
    right.filter.statuses = [.active, .failed]
    right.filter.text = "STRAßE"
    #expect(left.fingerprint == right.fingerprint)
  }

  @Test func differentMeaningsHaveDifferentFingerprints() {
    let changes: [(inout SessionQuery) -> Void] = [
      { _ in }, { $0.order = .newestFirst.reversed },
      { $0.order = SessionOrder(.updatedAt, descending: true) }, { $0.sources = ["a"] },
      { $0.providers = ["a"] }, { $0.sources = ["a", "b"] }, { $0.filter.statuses = [.unknown] },
      { $0.filter.channels = [.unknown] }, { $0.filter.modalities = [.unknown] },
      { $0.filter.agentID = "x" }, { $0.filter.participantID = "x" },
      { $0.filter.workspaceID = "x" }, { $0.filter.text = "x" }, { $0.filter.agentID = "" },
      { $0.filter.agentID = "x&participantId=1:y" },
      {
        $0.filter.agentID = "x"
        $0.filter.participantID = "y"
      },
      // Composed and decomposed: ids compare as bytes.
      { $0.filter.agentID = "\u{E9}" }, { $0.filter.agentID = "e\u{301}" },
      { $0.filter.createdAfter = .init(milliseconds: 1) },
      { $0.filter.createdBefore = .init(milliseconds: 1) },
      { $0.filter.updatedAfter = .init(milliseconds: 1) },
      { $0.filter.updatedBefore = .init(milliseconds: 1) },
      { $0.filter.passedOn = ["athena.appId": "x"] },
      { $0.filter.passedOn = ["anam.apiKeyId": "x"] },
    ]
    let fingerprints = changes.map { change in
      var query = SessionQuery()
      change(&query)
      return query.fingerprint
    }
    #expect(Set(fingerprints).count == changes.count)
  }
}
