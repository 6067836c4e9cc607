extension Set {
  /// Whether a filter's set, empty for no restriction, lets one of `possible` through.
  func allows(anyOf possible: @autoclosure () -> [Element]) -> Bool {
    isEmpty || possible().contains { contains($0) }
  }
}
