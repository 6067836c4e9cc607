import FuzzTargets
import Glibc

private let target: FuzzTarget = {
  let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
  guard let target = FuzzTarget(rawValue: name) else {
    print("FUZZ_TARGET is one of:", FuzzTarget.allCases.map(\.rawValue).joined(separator: " "))
    exit(64)
  }
  return target
}()

/// libFuzzer's entry point. What does not hold ends the process, so that libFuzzer keeps the input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  do throws(Finding) {
    try target.check(Array(UnsafeBufferPointer(start: start, count: count)))
  } catch {
    print("\(target.rawValue): \(error)")
    fflush(nil)
    abort()
  }
  return 0
}
