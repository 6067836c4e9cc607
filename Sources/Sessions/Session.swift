package import JSON

/// One provider's session, normalized, read from its `Window` to be written or filtered: what filters
/// ask is decoded; the rest are tokens into the window's bytes.
package struct Session: Sendable {
  /// Range of the native id's text in the window's bytes: without quotes, escapes resolved.
  package var nativeID: Range<Int>
  package var createdAt: Timestamp
  package var updatedAt: Timestamp?
  package var startedAt: Timestamp?
  package var endedAt: Timestamp?
  package var durationMilliseconds: Int64?
  package var status = SessionStatus.unknown
  package var channel = SessionChannel.unknown
  package var modality = SessionModality.unknown
  /// A string, or absent. The same holds of every token below unless it says otherwise.
  package var title = JSONToken.absent
  package var nativeStatus = JSONToken.absent
  package var agentID = JSONToken.absent
  package var agentName = JSONToken.absent
  /// A string, or a number that is written as a string.
  package var agentVersion = JSONToken.absent
  package var agentModel = JSONToken.absent
  package var participantID = JSONToken.absent
  package var participantEmail = JSONToken.absent
  package var participantPhone = JSONToken.absent
  package var workspaceID = JSONToken.absent
  package var conversationID = JSONToken.absent
  /// The parent's native id.
  package var parentID = JSONToken.absent
  /// An integer, or absent.
  package var messageCount = JSONToken.absent
  /// A number, or absent.
  package var costUSD = JSONToken.absent
  package var error = JSONToken.absent
  /// Values of the provider's attributes, in the order of `SessionProvider.attributes`; any kind, and
  /// absent beyond them. Eight inline, so that a session is plain memory: no allocation and no
  /// reference count each.
  package var attributes = InlineArray<8, JSONToken>(repeating: .absent)
  /// The provider's own object, unchanged.
  package var raw: JSONToken

  package init(nativeID: Range<Int>, createdAt: Timestamp, raw: JSONToken) {
    self.nativeID = nativeID
    self.createdAt = createdAt
    self.raw = raw
  }
}

package enum SessionStatus: String, CaseIterable, Sendable {
  case pending, active, completed, failed, canceled, unknown
}

package enum SessionChannel: String, CaseIterable, Sendable {
  case phone, web, api, email, slack, sms, other, unknown
}

package enum SessionModality: String, CaseIterable, Sendable {
  case voice, video, text, desktop, mobile, unknown
}
