/// The effective configuration as YAML, for people to read, with secrets masked.
package enum ConfigurationText {
  static let masked = "<redacted>"

  package static func text(_ configuration: GatewayConfiguration) -> String {
    ""
  }
}
