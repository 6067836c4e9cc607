import Glibc

/// What a serving process arranges before its first thread starts.
enum ProcessSetUp {
  /// SIGTERM and SIGINT are taken by `waitForStop` alone, also by process 1, for which the kernel
  /// has no default; a peer's reset is an error, not a signal (OpenSSL writes without MSG_NOSIGNAL);
  /// a closed terminal ends nothing;
  /// and nothing that crashes leaves keys and tokens in a core file.
  static func run() {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGHUP, SIG_IGN)
    var signals = stopSignals
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
  }

  /// Returns when the process is asked to stop.
  static func waitForStop() {
    var signals = stopSignals
    var received: Int32 = 0
    while sigwait(&signals, &received) != 0 {}
  }

  private static var stopSignals: sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGTERM)
    sigaddset(&signals, SIGINT)
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
