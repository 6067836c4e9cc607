import Bytes
import HTTP
import Transport
import Upstream

/// One POST to the collector, over a connection of its own: a batch every few seconds is not worth a
/// pool, and the client of the sources sends GET alone.
final class SpanPost: Pollable {
  private static let timeout = Duration.seconds(10)
  /// Of the answer only the head is read.
  private static let readBytes = 16 * 1024

  private let loop: EventLoop
  private let request: ByteBuffer
  private var sent = 0
  private var answer = ByteBuffer(capacity: 1_024)
  private var parser = ResponseHeadParser()
  private var connector: Connector?
  private var stream: ByteStream?
  private var timer: LoopTimer?
  private var completion: ((UpstreamFailure?) -> Void)?

  /// - Parameter completion: called once, on the loop, with nil when the collector took it; not before
  ///   this returns.
  init(
    _ body: ByteBuffer, to origin: UpstreamOrigin, tls: TLSContext?, resolver: HostResolver,
    on loop: EventLoop, completion: @escaping (UpstreamFailure?) -> Void
  ) {
    self.loop = loop
    self.completion = completion
    request = ByteBuffer(capacity: body.count + 512)
    request.append("POST ")
    // The path that the protocol gives it, where the endpoint names none.
    request.append(origin.pathPrefix.isEmpty ? "/v1/traces" : origin.pathPrefix)
    request.append(" HTTP/1.1\r\nHost: ")
    request.append(origin.authority)
    request.append("\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ")
    request.append(decimal: body.count)
    request.append("\r\n\r\n")
    request.append(body.bytes)
    let timer = LoopTimer { [weak self] in
      self?.finish(UpstreamFailure(.timeout, "no answer to spans"))
    }
    self.timer = timer
    loop.schedule(timer, after: Self.timeout)
    connector = Connector.connect(
      to: origin.host, port: origin.port, tls: tls, resolver: resolver, on: loop
    ) { [weak self] outcome in self?.connected(outcome) }
  }

  private func connected(_ outcome: Connector.Outcome) {
    connector = nil
    switch outcome {
    case .failure(let failure):
      finish(UpstreamFailure(.connect, failure.error.description))
    case .success(let socket):
      do throws(TransportError) {
        // The first readiness is that it can be written to.
        stream = try ByteStream(adopting: socket, on: loop, watchedBy: self)
      } catch {
        finish(UpstreamFailure(.connect, error.description))
      }
    }
  }

  func ready(_ readiness: Readiness) {
    writeRest()
    readHead()
  }

  private func writeRest() {
    while let stream, sent < request.count {
      switch stream.write(request[sent..<request.count]) {
      case .bytes(let count): sent += count
      case .wouldBlock: return
      case .failed(let error): return finish(UpstreamFailure(.connect, error.description))
      }
    }
  }

  private func readHead() {
    while let stream {
      switch stream.read(into: answer, minimum: Self.readBytes) {
      case .bytes: break
      case .wouldBlock: return
      case .end: return finish(UpstreamFailure(.protocol, "the connection ended without an answer"))
      case .failed(let error): return finish(UpstreamFailure(.connect, error.description))
      }
      do throws(ProtocolError) {
        guard let head = try parser.parse(answer.bytes) else { continue }
        let status = head.status.rawValue
        return finish(
          (200..<300).contains(status)
            ? nil : UpstreamFailure(.upstreamStatus(status), "the collector answered \(status)"))
      } catch {
        return finish(UpstreamFailure(.protocol, error.detail))
      }
    }
  }

  private func finish(_ failure: UpstreamFailure?) {
    guard let completion else { return }
    self.completion = nil
    if let timer { loop.cancel(timer) }
    connector?.cancel()
    stream?.close()
    (timer, connector, stream) = (nil, nil, nil)
    completion(failure)
  }
}
