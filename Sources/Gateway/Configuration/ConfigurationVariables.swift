import Providers
import Sessions

/// Every variable that the gateway reads, for its documentation and its tests.
package enum ConfigurationVariables {
  package static var names: [String] {
    EnvironmentVariables.known
      + ProviderCatalog.all.flatMap { provider in
        EnvironmentVariables.sourceVariables.map { provider.name.uppercased() + $0.1 }
      }
  }
}
