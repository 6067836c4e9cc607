package import Sessions

/// Every provider that the gateway speaks to: one line each.
package enum ProviderCatalog {
  package static let all: [any SessionProvider] = [
    AlcamineProvider(),
    AnamProvider(),
    AthenaProvider(),
  ]
}
