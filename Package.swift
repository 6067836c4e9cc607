// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
]

/// A target of this package. Arrows point down only; `make check` enforces that nothing else is imported.
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// - Parameter files: folders that the tests read from the source tree.
func tests(
  _ name: String, _ dependencies: [Target.Dependency] = [], files: [String] = []
) -> Target {
  .testTarget(name: name, dependencies: dependencies, exclude: files, swiftSettings: strict)
}

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
  name: "sessions-gateway",
  products: [.executable(name: "sessions-gateway", targets: ["sessions-gateway"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .executableTarget(
      name: "sessions-gateway", dependencies: ["Gateway", "Simulator", argumentParser],
      path: "Sources/SessionsGateway", swiftSettings: strict),

    module(
      "Gateway",
      [
        "Simulator", "Server", "Upstream", "Providers", "Transport", "Sessions", "HTTP", "JSON",
        "Bytes", logging, yams, "COpenSSL", "CLinux",
      ]),
    module("Simulator", ["Server", "Transport", "HTTP", "JSON", "Bytes"]),
    module("Server", ["Transport", "HTTP", "Bytes"]),
    module("Upstream", ["Transport", "HTTP", "Bytes", "CNghttp2", "CZlib"]),
    module("Providers", ["Sessions", "HTTP", "JSON", "Bytes"]),
    module("Transport", ["Bytes", "CLinux", "COpenSSL"]),
    module("Sessions", ["JSON", "Bytes", "COpenSSL"]),
    module("HTTP", ["Bytes"]),
    module("JSON", ["Bytes"]),
    module("Bytes"),

    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(
      name: "CNghttp2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CLinux"),

    .target(
      name: "Support", dependencies: ["Server", "Transport", "HTTP", "Bytes"],
      path: "Tests/Support",
      swiftSettings: strict),
    tests("JSONTests", ["JSON", "Bytes", "Support"]),
    tests("HTTPTests", ["HTTP", "Bytes", "Support"]),
    tests("SessionsTests", ["Sessions", "JSON", "Bytes", "Support"]),
    tests("TransportTests", ["Transport", "Bytes", "Support"]),
    tests(
      "ProvidersTests", ["Providers", "Sessions", "HTTP", "JSON", "Bytes", "Support"],
      files: ["Fixtures"]),
    tests(
      "UpstreamTests",
      [
        "Upstream", "Server", "Transport", "HTTP", "Bytes", "COpenSSL", "CNghttp2", "CZlib",
        "Support",
      ]),
    tests(
      "PeerTests",
      ["Gateway", "Simulator", "Providers", "Upstream", "Transport", "Bytes", "Support", logging]),
    tests("ServerTests", ["Server", "Transport", "HTTP", "Bytes", "Support"]),
    tests(
      "SimulatorTests", ["Simulator", "Server", "Transport", "HTTP", "JSON", "Bytes", "Support"]),
    tests(
      "GatewayTests",
      [
        "Gateway", "Simulator", "Server", "Upstream", "Providers", "Transport", "Sessions", "HTTP",
        "JSON", "Bytes", logging, "Support",
      ]),
  ]
)
