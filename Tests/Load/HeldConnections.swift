import Glibc
import Transport

/// Many connections that have asked once and then stay. Opened some at a time, so that the listener's
/// queue holds them.
final class HeldConnections: Pollable {
  private static let atATime = 200

  private let loop: EventLoop
  private let port: UInt16
  private let path: String
  private var connections: [LoadConnection] = []
  private var wanted = 0
  private var underWay = 0
  private var served = 0

  init(_ loop: EventLoop, port: UInt16, path: String) {
    self.loop = loop
    self.port = port
    self.path = path
  }

  /// Returns when standard input ends.
  func run(_ count: Int) {
    wanted = count
    openMore()
    // A pipe or a terminal; a file cannot be watched, and has nothing to wait for.
    guard (try? loop.register(0, self)) != nil else { return }
    loop.run()
  }

  func ready(_ readiness: Readiness) {
    var bytes = [UInt8](repeating: 0, count: 256)
    if read(0, &bytes, bytes.count) == 0 { loop.stop() }
  }

  private func openMore() {
    while connections.count < wanted, underWay < Self.atATime {
      let connection = LoadConnection(loop, port: port)
      connections.append(connection)
      underWay += 1
      connection.ask(path) { [self] status in
        underWay -= 1
        if status == 200 { served += 1 }
        loop.defer { self.openMore() }
      }
    }
    if connections.count == wanted, underWay == 0 {
      report("held \(connections.filter(\.isOpen).count) served \(served)")
      wanted = 0
    }
  }
}

/// A line, at once: whoever waits for it reads a pipe.
func report(_ line: String) {
  var text = line + "\n"
  text.withUTF8 { _ = write(1, $0.baseAddress, $0.count) }
}
