import Glibc

/// Bytes that end where a page ends, before one that nobody may touch: a read past them is a crash.
func withGuardedBytes<Result>(
  _ bytes: some Collection<UInt8>, _ body: (UnsafeRawBufferPointer) throws -> Result
) rethrows -> Result {
  let page = Int(sysconf(Int32(_SC_PAGESIZE)))
  let size = (bytes.count + page - 1) / page * page
  let memory = mmap(nil, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
  guard let memory, memory != MAP_FAILED else { preconditionFailure("mmap failed") }
  defer { munmap(memory, size + page) }
  mprotect(memory + size, page, PROT_NONE)
  let space = UnsafeMutableRawBufferPointer(
    start: memory + (size - bytes.count), count: bytes.count)
  space.copyBytes(from: bytes)
  return try body(UnsafeRawBufferPointer(space))
}
