/// The names and phrases that sessions are made of. Beside plain words it has what trips careless
/// code: quotes, emoji, combining marks, right-to-left text, line breaks.
enum Cast {
  static let firstNames = [
    "Aaliyah", "Björn", "Carmen", "Dmitri", "Elif", "Fatima", "Giulia", "Hiroshi", "Ingrid",
    "José", "Katarzyna", "Liam", "María", "Nguyễn", "Olivia", "Priya", "Quentin", "Renée", "Søren",
    "Tomáš", "Uma", "Viktória", "Wanjiru", "Xiulan", "Yusuf", "Zoë",
  ]

  static let lastNames = [
    "Andersson", "Brown", "Chen", "D'Angelo", "Ekström", "Fernández", "García", "Hansen", "Ito",
    "Jones", "Kowalski", "Larsen", "Müller", "Nowak", "O'Brien", "Patel", "Quispe", "Rossi",
    "Silva", "Takahashi", "Ünal", "Vargas", "Williams", "Yılmaz", "Zhang",
  ]

  static let topics = [
    "Refund for a duplicate charge", "Change of delivery address", "Appointment for Thursday",
    "Onboarding interview", "Lost password", "Quarterly usability study", "Invoice is missing",
    "Cancel the subscription", "Where is my parcel?", "Upgrade to the team plan",
    "Warranty claim: left earbud", "Feedback on the new checkout", "Loan pre-qualification",
    "Prescription refill", "Hotel booking, two nights", "Screening call: data engineer",
    "Complaint about a late technician", "Router does not start after the update",
    "Roaming charges abroad", "Demo of the \"Insights\" add-on", "Menu questions 🍕 and allergies",
    "Mixed-up order / wrong size", "Follow-up to last week's call", "Policy renewal",
    "استفسار عن الفاتورة", "配送先の変更", "Reprise d’entretien", "Exit survey (5 min)",
  ]

  static let agentNames = [
    "Front desk", "Billing concierge", "Research interviewer", "Night support", "Claims intake",
    "Recruiting screener", "Returns desk", "Sales qualifier", "Café Zürich host",
    "Onboarding guide", "Outage hotline", "Patient scheduler",
  ]

  static let personaNames = ["Cara", "Leo", "Mia", "Pablo", "Sofia", "Amara", "Kenji"]

  static let clientLabels = [
    "anam-lab-chat", "web-sdk", "kiosk-lobby-2", "mobile-ios", "support-widget", "training-sim",
    "qa-automation",
  ]

  static let promptSentences = [
    "You are a helpful assistant.", "Speak in short, warm sentences and never rush the caller.",
    "Ask one question at a time and wait for the answer.",
    "If the caller is upset, acknowledge it before you offer a solution.",
    "Never promise a refund; say that a colleague will confirm it within two working days.",
    "Read numbers back digit by digit: \"zero-four-nine\", not \"forty-nine\".",
    "When you do not know, say so and offer to transfer the call.",
    "Confirm the spelling of names such as Zoë, Søren or D'Angelo.",
    "Do not discuss competitors, politics or medical advice.",
    "Collect:\n- full name\n- order number (five to eight digits)\n- preferred time for a call back",
    "Summarize what was agreed at the end, then ask whether anything was left out.",
    "Switch to Spanish or French if the caller does.",
    "The escaped path C:\\calls\\archive is never to be mentioned.",
    "Prices are in USD and include tax unless the caller is outside the United States.",
  ]

  static let messagePreviews = [
    "Thanks, that solves it!", "Could you send the summary to my work address?",
    "I've attached the \"final\" numbers 📎", "Let me check with finance first.",
    "The export failed again with error 0x80070005", "Please draft a reply to the customer.",
    "Done: 14 rows updated,\n2 skipped.", "Which of the two contracts is the current one?",
  ]

  static let applications = ["athena-web", "athena-slack", "deal-room", "research-desk"]

  static let athenaModels = [
    "gpt-4.1", "claude-sonnet-4", "gemini-2.5-pro", "o4-mini", "claude-opus-4.1",
  ]

  static let failures = [
    "Tool call timed out after 120 s", "Rate limited by the model provider",
    "The uploaded file could not be parsed: unexpected \"}\" at line 88",
    "Context window exceeded", "User credentials for the connector have expired",
  ]

  static let userAgents = [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/141.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
  ]

  static func prompt(_ dice: inout Dice, sentences: Int) -> String {
    (0..<sentences).map { _ in dice.pick(promptSentences) }.joined(separator: " ")
  }

  static func fullName(_ dice: inout Dice) -> String {
    "\(dice.pick(firstNames)) \(dice.pick(lastNames))"
  }

  /// Lower-case ASCII with hyphens, of whatever the name holds of it.
  static func slug(_ name: String) -> String {
    String(
      decoding: name.lowercased().utf8.compactMap { byte -> UInt8? in
        switch byte {
        case 0x61...0x7A, 0x30...0x39: byte
        case 0x20, 0x2D: 0x2D
        default: nil
        }
      }, as: UTF8.self)
  }
}
