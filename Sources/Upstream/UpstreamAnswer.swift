package import Bytes

/// A usable answer: 200 with a JSON body, or 404.
package struct UpstreamAnswer {
  /// 200 or 404.
  package var status: Int
  /// Decompressed; empty for a 404. It is the receiver's alone.
  package var body: ByteBuffer
  /// Requests that it took, retries included.
  package var requests: Int
  /// From the call to the last byte, waiting and retries included.
  package var latency: Duration
}

/// What the caller found in an answer. It is told to the circuit with the call's outcome: a source
/// whose answers nobody can read is as broken as one that does not answer.
package enum UpstreamVerdict {
  case usable
  /// The body is not what the provider documents. The reason is shown by `/v1/sources`: it must not
  /// hold any of the body's text.
  case badPayload(reason: String)
}

/// Why a call failed. The message is for people and never holds a credential or any of the answer.
package struct UpstreamFailure: Error, Equatable {
  package enum Code: Hashable, Sendable {
    case timeout, connect, tls, dns, `protocol`, unauthorized, forbidden, rateLimited
    case upstreamStatus(Int)
    case badPayload, circuitOpen

    /// As the API spells it.
    package var name: String {
      switch self {
      case .timeout: "timeout"
      case .connect: "connect"
      case .tls: "tls"
      case .dns: "dns"
      case .protocol: "protocol"
      case .unauthorized: "unauthorized"
      case .forbidden: "forbidden"
      case .rateLimited: "rateLimited"
      case .upstreamStatus: "upstreamStatus"
      case .badPayload: "badPayload"
      case .circuitOpen: "circuitOpen"
      }
    }

    /// Whether it counts towards opening the circuit: failures of the source, not refusals by it.
    var opensCircuit: Bool {
      switch self {
      case .timeout, .connect, .tls, .dns, .protocol, .badPayload: true
      case .upstreamStatus(let status): status >= 500
      case .unauthorized, .forbidden, .rateLimited, .circuitOpen: false
      }
    }
  }

  package var code: Code
  package var message: String
  /// When to ask again, if that is known.
  package var retryAfter: Duration?
  /// Requests that were sent, retries included.
  package var requests: Int

  package init(_ code: Code, _ message: String, retryAfter: Duration? = nil, requests: Int = 0) {
    self.code = code
    self.message = message
    self.retryAfter = retryAfter
    self.requests = requests
  }
}
