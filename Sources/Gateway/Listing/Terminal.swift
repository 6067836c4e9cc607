import Glibc

/// What standard output and standard error lead to.
package struct Terminal: Equatable, Sendable {
  /// Columns to fit a line into; nil where there is no such limit, as in a file.
  package var width: Int?
  package var showsColor = false
  /// Whether a line on standard error can be drawn over.
  package var showsProgress = false

  package init(width: Int? = nil, showsColor: Bool = false, showsProgress: Bool = false) {
    self.width = width
    self.showsColor = showsColor
    self.showsProgress = showsProgress
  }

  /// Of this process. `COLUMNS` wins over what the terminal says, `NO_COLOR` over that there is one
  /// (no-color.org).
  static func current(_ environment: [String: String]) -> Terminal {
    let isTerminal = isatty(1) == 1
    let isSmart = environment["TERM"].map { $0 != "dumb" } ?? false
    let columns = environment["COLUMNS"].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
    return Terminal(
      width: columns ?? (isTerminal ? columnsOfTerminal : nil),
      showsColor: isTerminal && isSmart && environment["NO_COLOR"]?.isEmpty != false,
      showsProgress: isatty(2) == 1 && isSmart)
  }

  private static var columnsOfTerminal: Int? {
    var size = winsize()
    guard ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }
}
