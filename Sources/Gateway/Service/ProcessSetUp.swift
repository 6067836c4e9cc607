import CLinux
import Glibc

/// What a serving process arranges before its first thread starts.
enum ProcessSetUp {
  /// SIGTERM and SIGINT are taken by `nextSignal` alone, also by process 1, for which the kernel has no
  /// default; a peer's reset is an error, not a signal (OpenSSL writes without MSG_NOSIGNAL); a closed
  /// terminal ends nothing; and keys and tokens get into no core file, nor to a debugger that another
  /// process of the same user brings (prctl(2), PR_SET_DUMPABLE).
  /// - Parameter takingReload: whether SIGHUP is one of the signals that `nextSignal` waits for.
  static func run(takingReload: Bool = false) {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGHUP, takingReload ? SIG_DFL : SIG_IGN)
    var signals = Self.signals(withReload: takingReload)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    linux_forbid_dumps()
  }

  enum Signal { case reload, stop }

  /// Returns when the process is asked to do something.
  static func nextSignal() -> Signal {
    var signals = Self.signals(withReload: true)
    var received: Int32 = 0
    while sigwait(&signals, &received) != 0 {}
    return received == SIGHUP ? .reload : .stop
  }

  /// Returns when the process is asked to stop.
  static func waitForStop() {
    while nextSignal() != .stop {}
  }

  private static func signals(withReload: Bool) -> sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGTERM)
    sigaddset(&signals, SIGINT)
    if withReload { sigaddset(&signals, SIGHUP) }
    return signals
  }

  /// For a process that nobody waits in: a signal ends it at once, as it does by default.
  static func endOnSignals() {
    var none = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, nil)
    signal(SIGHUP, SIG_DFL)
  }

  /// The configuration of this process; nil when it has mistakes, which have then been said, a line
  /// each.
  static func configuration(
    file: String?, demo: Bool, listens: Bool = true
  ) -> GatewayConfiguration? {
    let loaded = ConfigurationLoader.load(
      environment: Environment.all, file: file, demo: demo, listens: listens)
    switch loaded {
    case .success(let loaded): return loaded
    case .failure(let mistakes):
      complain("\(mistakes)")
      return nil
    }
  }

  /// A line on standard output, at once: whoever waits for it reads a pipe.
  static func say(_ line: String) {
    write(line, to: 1)
  }

  static func complain(_ line: String) {
    write(line, to: 2)
  }

  private static func write(_ line: String, to descriptor: Int32) {
    var text = line + "\n"
    text.withUTF8 { _ = Glibc.write(descriptor, $0.baseAddress, $0.count) }
  }
}
