import Glibc

/// What the kernel says about this process (proc(5)), under the names that Prometheus's own clients
/// give it.
struct ProcessFigures: Sendable {
  var cpuSeconds = 0.0
  var residentBytes = 0
  var virtualBytes = 0
  var threads = 0
  var openDescriptors = 0
  var maximumDescriptors = 0
  /// Seconds since 1970.
  var startTime = 0.0

  /// Reads a few files and counts descriptors: some tens of microseconds, not for a loop.
  static func read() -> ProcessFigures {
    var figures = ProcessFigures()
    if let stat = try? SmallFile.contents("/proc/self/stat"), let end = stat.lastIndex(of: ")") {
      // Behind the name, which may hold anything: field 3 of proc(5) is the first.
      let fields = stat[stat.index(after: end)...].split(separator: " ")
      func field(_ number: Int) -> Int {
        number - 3 < fields.count ? Int(fields[number - 3]) ?? 0 : 0
      }
      let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
      figures.cpuSeconds = Double(field(14) + field(15)) / ticks
      figures.threads = field(20)
      figures.virtualBytes = field(23)
      figures.residentBytes = field(24) * sysconf(Int32(_SC_PAGESIZE))
      let age = seconds(CLOCK_BOOTTIME) - Double(field(22)) / ticks
      figures.startTime = seconds(CLOCK_REALTIME) - age
    }
    figures.openDescriptors = descriptors()
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
      figures.maximumDescriptors = Int(clamping: limit.rlim_cur)
    }
    return figures
  }

  private static func seconds(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  private static func descriptors() -> Int {
    guard let folder = opendir("/proc/self/fd") else { return 0 }
    defer { closedir(folder) }
    var count = 0
    while readdir(folder) != nil { count += 1 }
    // Less `.`, `..` and the folder's own.
    return max(0, count - 3)
  }
}
