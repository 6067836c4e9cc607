/// The YAML file.
enum ConfigurationFile {
  static func read(
    _ path: String, environment: [String: String], noting reading: inout ConfigurationReading
  ) -> ConfigurationEntries {
    ConfigurationEntries()
  }
}
