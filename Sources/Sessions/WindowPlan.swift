extension WindowLimits {
  /// The request that shows the list from `offset` on, with at least `count` rows from there where
  /// the upstream allows it. Page-numbered lists can be read at any offset too: of all page sizes
  /// the one is taken whose page holds `offset` and reaches furthest beyond it.
  package func window(from offset: Int, count: Int) -> WindowRequest {
    let count = max(1, min(count, maximum))
    switch addressing {
    case .offset:
      return WindowRequest(offset: offset, count: count)
    case .page:
      return bestPage(wanted: count) { size in
        let start = offset / size * size
        return (start, start + size - offset)
      }
    }
  }

  /// The request that shows the list up to `offset` (which is not in it), with at least `count` rows
  /// before there where the upstream allows it.
  package func window(upTo offset: Int, count: Int) -> WindowRequest {
    let count = max(1, min(count, maximum))
    switch addressing {
    case .offset:
      let start = max(0, offset - count)
      return WindowRequest(offset: start, count: max(1, offset - start))
    case .page:
      return bestPage(wanted: count) { size in
        let start = max(0, (offset + size - 1) / size - 1) * size
        return (start, offset - start)
      }
    }
  }

  /// The smallest page that covers what is wanted, else the one that covers most.
  private func bestPage(
    wanted: Int, _ place: (_ size: Int) -> (start: Int, covered: Int)
  ) -> WindowRequest {
    var best = (request: WindowRequest(offset: 0, count: maximum), covered: Int.min)
    for size in 1...maximum {
      let (start, covered) = place(size)
      if covered > best.covered { best = (WindowRequest(offset: start, count: size), covered) }
      if covered >= wanted { break }
    }
    return best.request
  }
}
