import Glibc
import Transport

/// Puts load on a server on this machine, for `make load`. It knows just enough HTTP to tell answers
/// apart.
///
///     load hold PORT COUNT PATH
///
/// opens COUNT connections, asks once on each, and holds them until its input ends.
///
///     load offer PORT RATE SECONDS PATH CONNECTIONS
///
/// sends RATE requests a second on at most CONNECTIONS, however the server is doing, and prints what
/// became of them: a line a second, and one for all. `{n}` in PATH becomes the request's number.
@main
enum Load {
  static func main() {
    let words = Array(CommandLine.arguments.dropFirst())
    func number(_ index: Int) -> Int { Int(words[index]) ?? 0 }
    signal(SIGPIPE, SIG_IGN)
    _ = DescriptorLimit.raise()
    let loop = EventLoop()
    switch words.first {
    case "hold" where words.count == 4:
      HeldConnections(loop, port: UInt16(clamping: number(1)), path: words[3]).run(number(2))
    case "offer" where words.count == 6:
      OfferedLoad(
        loop, port: UInt16(clamping: number(1)), rate: number(2), seconds: number(3),
        path: words[4], mostConnections: number(5)
      ).run()
    default:
      report("load hold PORT COUNT PATH | load offer PORT RATE SECONDS PATH CONNECTIONS")
      exit(64)
    }
  }
}
