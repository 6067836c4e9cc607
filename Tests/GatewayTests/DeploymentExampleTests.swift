import Foundation
import Testing
import YAML

@testable import Gateway

/// The examples in `config/` name what exists, and promise what the image keeps.
struct DeploymentExampleTests {
  @Test func `the example for docker compose is valid`() throws {
    let root = Tree(try document("compose.yaml"))
    let gateway = root["services"]["gateway"]
    let environment = gateway["environment"].entries.mapValues { $0.text ?? "" }
    try start(environment)
    #expect(gateway["read_only"].text == "true" && gateway["user"].text == "65532:65532")
    #expect(gateway["cap_drop"].texts == ["ALL"])
    #expect(gateway["security_opt"].texts == ["no-new-privileges:true"])
    #expect(gateway["deploy"]["replicas"].text == "3")
    let limits = gateway["deploy"]["resources"]["limits"]
    #expect(limits["memory"].text != nil && limits["cpus"].text != nil)
    let secrets = environment.values.filter { $0.hasPrefix("/run/secrets/") }
      .map { String($0.dropFirst("/run/secrets/".count)) }
    #expect(Set(secrets) == Set(gateway["secrets"].texts))
    #expect(Set(secrets) == Set(root["secrets"].entries.keys))
    #expect(root["configs"]["haproxy"]["content"].text?.contains("GET /readyz") == true)
    try checkPatience(environment, gateway["stop_grace_period"].text)
  }

  @Test func `the example for Kubernetes is valid`() throws {
    let text = try String(
      contentsOf: ConfigurationDocument.folder.appending(path: "kubernetes.yaml"), encoding: .utf8)
    let objects = try text.components(separatedBy: "\n---\n").map {
      Tree(try YAMLReader.read($0))
    }
    #expect(
      objects.map { $0["kind"].text } == ["Deployment", "Service", "PodDisruptionBudget"])
    let pod = objects[0]["spec"]["template"]["spec"]
    let container = pod["containers"].items.first ?? Tree(nil)
    let environment = Dictionary(
      uniqueKeysWithValues: container["env"].items.map {
        ($0["name"].text ?? "", $0["value"].text ?? "")
      })
    try start(environment)
    for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
      let path = container[probe]["httpGet"]["path"].text
      #expect(Route.all.contains { $0.path == path && $0.isPublic }, "\(probe)")
      #expect(container[probe]["httpGet"]["port"].text == container["ports"].items[0]["name"].text)
    }
    #expect(container["readinessProbe"]["httpGet"]["path"].text == "/readyz")
    let security = container["securityContext"]
    #expect(security["allowPrivilegeEscalation"].text == "false")
    #expect(security["readOnlyRootFilesystem"].text == "true")
    #expect(security["capabilities"]["drop"].texts == ["ALL"])
    #expect(pod["securityContext"]["runAsNonRoot"].text == "true")
    #expect(pod["securityContext"]["runAsUser"].text == "65532")
    #expect(pod["enableServiceLinks"].text == "false")
    #expect(container["resources"]["limits"]["memory"].text != nil)
    #expect(objects[0]["spec"]["replicas"].text == "3")
    try checkPatience(environment, pod["terminationGracePeriodSeconds"].text.map { "\($0)s" })
  }

  /// The configuration as the image has it is read without a mistake, a secret of each file included.
  private func start(_ environment: [String: String]) throws {
    try TemporaryFile.with("0123456789abcdef0123456789abcdef\n") { path in
      var environment = environment.mapValues { $0.hasPrefix("/run/secrets/") ? path : $0 }
      #expect(environment["GATEWAY_CURSOR_SECRET_FILE"] == path)
      environment["GATEWAY_HOST"] = "0.0.0.0"
      let configuration = try loaded(environment)
      #expect(configuration.warnings == [] && !configuration.auth.tokens.isEmpty)
    }
  }

  /// Whoever stops the gateway waits until it has drained.
  private func checkPatience(_ environment: [String: String], _ grace: String?) throws {
    let times = [
      environment["GATEWAY_SHUTDOWN_DELAY"], environment["GATEWAY_SHUTDOWN_TIMEOUT"], grace,
    ]
    .compactMap { $0.flatMap(DurationText.duration) }
    try #require(times.count == 3)
    #expect(times[0] + times[1] < times[2])
  }

  private func document(_ name: String) throws -> YAMLNode? {
    try YAMLReader.read(
      String(contentsOf: ConfigurationDocument.folder.appending(path: name), encoding: .utf8))
  }
}

/// A node that may not be there.
private struct Tree {
  let node: YAMLNode?

  init(_ node: YAMLNode?) { self.node = node }

  subscript(key: String) -> Tree { entries[key] ?? Tree(nil) }

  var entries: [String: Tree] {
    guard case .mapping(let entries) = node?.content else { return [:] }
    return Dictionary(uniqueKeysWithValues: entries.map { ($0.key, Tree($0.value)) })
  }

  var items: [Tree] {
    guard case .list(let items) = node?.content else { return [] }
    return items.map(Tree.init)
  }

  var text: String? {
    guard case .text(let text, _) = node?.content else { return nil }
    return text
  }

  var texts: [String] { items.compactMap(\.text) }
}
