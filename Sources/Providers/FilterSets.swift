extension Set {
  /// Whether a filter's set, empty for no restriction, lets one of `possible` through.
  func allows(anyOf possible: Set<Element>) -> Bool {
    isEmpty || !isDisjoint(with: possible)
  }
}
