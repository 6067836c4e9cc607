import Glibc

/// The seeds that an environment variable gives as `from-to`, without the last: thousands in a soak, one
/// to look at it.
package func seeds(_ variable: String, default range: Range<UInt64>) -> Range<UInt64> {
  let given = getenv(variable).map { String(cString: $0) } ?? ""
  let bounds = given.split(separator: "-").compactMap { UInt64($0) }
  return bounds.count == 2 && bounds[0] <= bounds[1] ? bounds[0]..<bounds[1] : range
}
