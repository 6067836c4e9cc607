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

/// The Swift runtime inside the executable: 5 % less CPU a page than through a shared object, less memory,
/// and nothing to install beside it. The two libraries are what FoundationEssentials, which ArgumentParser
/// needs, is made of.
let staticRuntime = [
  "-static-stdlib", "-use-ld=lld", "-Xlinker", "--no-export-dynamic",
  "-l_FoundationCShims", "-l_FoundationCollections",
]

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
      path: "Sources/SessionsGateway", swiftSettings: strict,
      linkerSettings: [.unsafeFlags(staticRuntime, .when(configuration: .release))]),

    module(
      "Gateway",
      [
        "Simulator", "Server", "Upstream", "Providers", "Transport", "Sessions", "HTTP", "JSON",
        "Bytes", "Web", "YAML", logging, "COpenSSL", "CZlib", "CLinux",
      ]),
    // On its own: the compiler takes ten seconds and more over embedded files, which seldom change.
    .target(name: "Web", resources: [.embedInCode("Files")], swiftSettings: strict),
    module("Simulator", ["Server", "Transport", "HTTP", "JSON", "Bytes"]),
    module("Server", ["Transport", "HTTP", "Bytes"]),
    module("Upstream", ["Transport", "HTTP", "Bytes", "CNghttp2", "CZlib"]),
    module("Providers", ["Sessions", "HTTP", "JSON", "Bytes"]),
    module("Transport", ["Bytes", "CLinux", "COpenSSL"]),
    module("Sessions", ["JSON", "Bytes", "COpenSSL"]),
    module("HTTP", ["Bytes"]),
    module("JSON", ["Bytes", "CBytes"]),
    module("Bytes"),
    module("YAML"),

    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(
      name: "CNghttp2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CLinux"),
    .systemLibrary(name: "CBytes"),

    .target(
      name: "Support",
      dependencies: ["Server", "Transport", "HTTP", "Bytes", "COpenSSL", "CNghttp2", "CZlib"],
      path: "Tests/Support",
      swiftSettings: strict),
    .executableTarget(
      name: "load", dependencies: ["Transport", "Bytes"], path: "Tests/Load", exclude: ["run"],
      swiftSettings: strict),
    .executableTarget(
      name: "microbenchmarks",
      dependencies: ["Gateway", "Simulator", "Providers", "Sessions", "HTTP", "JSON", "Bytes"],
      path: "Tests/Benchmarks/Micro", swiftSettings: strict),
    .target(
      name: "FuzzTargets", dependencies: ["Sessions", "HTTP", "JSON", "YAML", "Bytes"],
      path: "Tests/Fuzz/Targets", swiftSettings: strict),
    tests("FuzzTests", ["FuzzTargets", "Support"]),
    tests("JSONTests", ["JSON", "Bytes", "CBytes", "Support"]),
    tests("HTTPTests", ["HTTP", "Bytes", "FuzzTargets", "Support"]),
    tests("YAMLTests", ["YAML", "Support", yams]),
    tests("SessionsTests", ["Sessions", "JSON", "Bytes", "COpenSSL", "Support"]),
    tests("TransportTests", ["Transport", "Bytes", "Support"]),
    tests(
      "ProvidersTests", ["Providers", "Sessions", "HTTP", "JSON", "Bytes", "Support"],
      files: ["Fixtures"]),
    tests(
      "UpstreamTests",
      [
        "Upstream", "Server", "Transport", "HTTP", "Bytes", "COpenSSL", "Support",
      ]),
    tests(
      "PeerTests",
      ["Gateway", "Simulator", "Providers", "Upstream", "Transport", "Bytes", logging, "Support"],
      files: ["browser.py", "requirements.txt", "schemathesis.toml"]),
    tests("ServerTests", ["Server", "Transport", "HTTP", "Bytes", "Support"]),
    tests(
      "SimulatorTests", ["Simulator", "Server", "Transport", "HTTP", "JSON", "Bytes", "Support"]),
    tests(
      "GatewayTests",
      [
        "Gateway", "Simulator", "Server", "Upstream", "Providers", "Transport", "Sessions", "HTTP",
        "JSON", "YAML", "Bytes", "Web", logging, "CZlib", "Support",
      ]),
  ]
)
