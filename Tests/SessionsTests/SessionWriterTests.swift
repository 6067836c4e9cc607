import Bytes
import Foundation
import JSON
import Testing

@testable import Sessions

@Suite struct SessionWriterTests {
  /// A provider of which only the names matter here.
  private struct NamedProvider: SessionProvider {
    let name = "example"
    let defaultBaseURL = "https://example.com"
    let windows = WindowLimits(maximum: 1, addressing: .offset)
    let attributes = ["colour", "secret", "size"]
    let contactAttributes: Set<String> = ["secret"]
    let pushedDown: [String] = []
    let parameters: [PassedOnParameter] = []
    func nativeOrder(for order: SessionOrder) -> SessionOrder? { nil }
    func credential(_ key: String) -> (name: String, value: String) { ("x", key) }
    func canMatch(_ filter: SessionFilter) -> Bool { true }
    func listTarget(_: WindowRequest, order: SessionOrder, filter: SessionFilter) -> String { "/" }
    func window(from: ByteBuffer, answering: WindowRequest) throws(PayloadError) -> Window {
      throw PayloadError("not used")
    }
    func itemTarget(nativeID: String) -> String { "/" }
    func item(from body: ByteBuffer) throws(PayloadError) -> Window {
      throw PayloadError("not used")
    }
  }

  private let rendering = SessionRendering(source: "example-eu", provider: NamedProvider())

  /// A window of one session whose tokens are found by their text in `body`.
  private func window(_ body: String, _ fill: (inout Session, (String) -> JSONToken) -> Void)
    -> Window
  {
    let storage = ByteBuffer(body)
    func token(_ text: String) -> JSONToken {
      guard let range = body.range(of: text) else {
        preconditionFailure("not in the body: \(text)")
      }
      let start = body.utf8.distance(from: body.startIndex, to: range.lowerBound)
      let kind: JSONToken.Kind =
        text.hasPrefix("\"") ? (text.contains("\\") ? .escapedString : .string) : .number
      return JSONToken(offset: start, length: text.utf8.count, kind: kind)
    }
    let id = token("\"n/1\"").range
    var session = Session(
      nativeID: id.lowerBound + 1..<id.upperBound - 1,
      createdAt: Timestamp(milliseconds: 1_776_675_600_000),
      raw: JSONToken(offset: 0, length: body.utf8.count, kind: .object))
    fill(&session, token)
    return Window(
      storage: storage, sessions: [session], positions: [0], rawCount: 1, rejected: 0, offset: 0,
      requested: 1,
      end: .here, total: nil)
  }

  private func text(
    _ window: Window, fields: SessionFields = .all, raw: Bool = false, contact: Bool = true
  ) -> String {
    let buffer = ByteBuffer()
    SessionWriter(rendering, fields: fields, includesRaw: raw, showsContact: contact)
      .write(window.sessions[0], of: window, to: buffer)
    return buffer.text
  }

  private static let body =
    #"{"id": "n/1", "t": "A \u0041 \"b\"", "v": 7, "mail": "a@b", "phone": "+1", "p": "up\/1", "n": 1.50E1}"#

  private func full() -> Window {
    window(Self.body) { session, token in
      session.title = token(#""A \u0041 \"b\"""#)
      session.agentVersion = token("7")
      session.participantEmail = token("\"a@b\"")
      session.participantPhone = token("\"+1\"")
      session.parentID = token(#""up\/1""#)
      session.costUSD = token("1.50E1")
      session.startedAt = Timestamp(milliseconds: -1)
      session.durationMilliseconds = -5
      session.status = .failed
      session.channel = .sms
      session.modality = .desktop
      session.attributes[0] = token("7")
      session.attributes[1] = token("\"a@b\"")
    }
  }

  @Test func `writes every field in the contract's order`() {
    #expect(
      text(full())
        == #"{"id":"example-eu:n/1","source":"example-eu","provider":"example","nativeId":"n/1","#
        + #""title":"A \u0041 \"b\"","status":"failed","nativeStatus":null,"channel":"sms","#
        + #""modality":"desktop","createdAt":"2026-04-20T09:00:00.000Z","updatedAt":null,"#
        + #""startedAt":"1969-12-31T23:59:59.999Z","endedAt":null,"durationMs":-5,"#
        + #""agent":{"id":null,"name":null,"version":"7","model":null},"#
        + #""participant":{"id":null,"email":"a@b","phone":"+1"},"workspaceId":null,"#
        + #""conversationId":null,"parentId":"example-eu:up\/1","messageCount":null,"#
        + #""costUsd":1.50E1,"error":null,"attributes":{"colour":7,"secret":"a@b","size":null}}"#)
  }

  @Test func `hides contact without the permission`() {
    let text = text(full(), contact: false)
    #expect(text.contains(#""participant":{"id":null,"email":null,"phone":null}"#))
    #expect(text.contains(#""attributes":{"colour":7,"secret":null,"size":null}"#))
    #expect(!text.contains("a@b"))
  }

  @Test func `copies the raw object only when it is included`() {
    #expect(text(full(), raw: true).hasSuffix(",\"raw\":\(Self.body)}"))
    #expect(!text(full()).contains("\"raw\""))
    #expect(text(full(), fields: SessionFields([.raw])) == #"{"id":"example-eu:n/1"}"#)
    #expect(
      text(full(), fields: SessionFields([.raw]), raw: true)
        == #"{"id":"example-eu:n/1","raw":"# + Self.body + "}")
  }

  @Test func `writes only the fields asked for, and the id always`() throws {
    for field in SessionField.allCases where field != .raw && field != .id {
      let text = text(full(), fields: SessionFields([field]))
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
      #expect(Set(object.keys) == ["id", field.rawValue])
    }
    #expect(text(full(), fields: SessionFields([])) == #"{"id":"example-eu:n/1"}"#)
  }

  @Test func `every status, channel and modality is written by its name`() {
    for status in SessionStatus.allCases {
      let window = window(Self.body) { session, _ in session.status = status }
      #expect(text(window).contains("\"status\":\"\(status.rawValue)\","))
    }
    for channel in SessionChannel.allCases {
      let window = window(Self.body) { session, _ in session.channel = channel }
      #expect(text(window).contains("\"channel\":\"\(channel.rawValue)\","))
    }
    for modality in SessionModality.allCases {
      let window = window(Self.body) { session, _ in session.modality = modality }
      #expect(text(window).contains("\"modality\":\"\(modality.rawValue)\","))
    }
  }

  @Test func `fields are told apart by their place`() {
    for field in SessionField.allCases {
      let fields = SessionFields([field])
      for other in SessionField.allCases {
        #expect(fields.contains(other) == (other == field || other == .id))
      }
      #expect(!SessionFields.all.removing(field).contains(field) || field == .id)
    }
  }

  @Test func `gives the same values as plain text, column by column`() {
    let window = full()
    let writer = SessionWriter(rendering, includesRaw: true, showsContact: true)
    let expected: [(SessionColumn, String, SessionCell)] = [
      (.id, "example-eu:n/1", .text), (.source, "example-eu", .text), (.provider, "example", .text),
      (.nativeId, "n/1", .text), (.title, "A A \"b\"", .text), (.status, "failed", .text),
      (.nativeStatus, "", .null), (.channel, "sms", .text), (.modality, "desktop", .text),
      (.createdAt, "2026-04-20T09:00:00.000Z", .text), (.updatedAt, "", .null),
      (.startedAt, "1969-12-31T23:59:59.999Z", .text), (.endedAt, "", .null),
      (.durationMs, "-5", .number), (.agentID, "", .null), (.agentName, "", .null),
      (.agentVersion, "7", .number), (.agentModel, "", .null), (.participantID, "", .null),
      (.participantEmail, "a@b", .text), (.participantPhone, "+1", .text),
      (.workspaceId, "", .null),
      (.conversationId, "", .null), (.parentId, "example-eu:up/1", .text),
      (.messageCount, "", .null), (.costUsd, "1.50E1", .number), (.error, "", .null),
      (.attributes, #"{"colour":7,"secret":"a@b","size":null}"#, .json), (.raw, Self.body, .json),
    ]
    #expect(expected.map(\.0) == SessionColumn.allCases)
    for (column, text, kind) in expected {
      let buffer = ByteBuffer()
      #expect(writer.writeText(of: column, window.sessions[0], of: window, to: buffer) == kind)
      #expect(buffer.text == text, "\(column)")
      let isNested = column.rawValue.contains(".")
      #expect(
        column.field.rawValue
          == (isNested ? String(column.rawValue.prefix { $0 != "." }) : column.rawValue))
    }
    let hiding = SessionWriter(rendering, includesRaw: false, showsContact: false)
    for column in [SessionColumn.participantEmail, .participantPhone, .raw] {
      #expect(
        hiding.writeText(of: column, window.sessions[0], of: window, to: ByteBuffer()) == .null)
    }
  }

  @Test func `stays within the room that it reserves, whatever is escaped`() throws {
    let control = String(repeating: "\\b", count: 400) + "\\ud800"
    let body = "{\"id\":\"n/1\",\"t\":\"\(control)\"}"
    let window = window(body) { session, token in
      let text = token("\"\(control)\"")
      session.title = text
      session.error = text
      session.parentID = text
      session.agentModel = text
      for index in 0..<3 { session.attributes[index] = text }
    }
    let text = text(window)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(object["title"] as? String == String(repeating: "\u{8}", count: 400) + "\u{FFFD}")
    #expect(text.utf8.count > 7 * 2400)
  }

  @Test(arguments: [0, 9, 10, -1, -10, 99_999, 1_000_000_000_000, .max, .min] as [Int64])
  func `writes whole numbers`(number: Int64) {
    let window = window(Self.body) { session, _ in session.durationMilliseconds = number }
    #expect(text(window).contains("\"durationMs\":\(number),"))
  }
}
