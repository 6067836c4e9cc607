/// Of this release (semantic versioning 2.0).
package enum GatewayVersion {
  package static let current = "0.1.0"
}
