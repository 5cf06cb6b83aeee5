import Files
import Testing

/// The arrows between targets, read from the manifest.
@Suite struct ArchitectureTests {
  static let layers = ["System", "Data", "Learning", "Release", "Programs"]

  struct Target {
    let name: String
    let layer: Int
    let dependencies: [String]
  }

  let targets: [Target]

  init() throws {
    let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let manifest = try FileSystem.readText("/\(folder)/Package.swift")
    var targets: [Target] = []
    let cLibrary = /(?:cLibrary\(\s*|generatedC\(\s*|systemLibrary\(\s*name: )"(\w+)"/
    let library = /library\(\s*"(\w+)",\s*"(\w+)"(?:,\s*\[([^\]]*)\])?/
    let program = /program\(\s*"([\w-]+)",\s*\[([^\]]*)\]/
    for match in manifest.matches(of: cLibrary) {
      targets.append(Target(name: String(match.1), layer: 0, dependencies: []))
    }
    for match in manifest.matches(of: library) {
      let layer = try #require(Self.layers.firstIndex(of: String(match.1)))
      targets.append(
        Target(name: String(match.2), layer: layer, dependencies: Self.names(in: match.3 ?? "")))
    }
    for match in manifest.matches(of: program) {
      targets.append(
        Target(
          name: String(match.1), layer: Self.layers.count - 1,
          dependencies: Self.names(in: match.2)))
    }
    self.targets = targets
  }

  private static func names(in list: Substring) -> [String] {
    list.matches(of: /"([\w-]+)"/).map { String($0.1) }
  }

  private func target(_ name: String) -> Target? { targets.first { $0.name == name } }

  @Test func `a target depends on its own layer or an earlier one`() {
    #expect(targets.count >= 5)
    for target in targets {
      for name in target.dependencies {
        // Matrices are the vocabulary of linear algebra; Tabular itself depends on nothing.
        guard name != "Tabular" else { continue }
        let isAllowed = target.layer >= (self.target(name)?.layer ?? .max)
        #expect(isAllowed, "\(target.name) depends on \(name)")
      }
    }
  }

  @Test func `what serves links neither BLAS nor what trains`() {
    var reached: Set<String> = []
    var open = ["anomalyze-server"]
    while let name = open.popLast() {
      for dependency in target(name)?.dependencies ?? [] where reached.insert(dependency).inserted {
        open.append(dependency)
      }
    }
    #expect(reached.contains("Serving"))
    for forbidden in [
      "COpenBLAS", "CLAPACKE", "LinearAlgebra", "Training", "Ingestion",
    ] {
      #expect(!reached.contains(forbidden), "anomalyze-server links \(forbidden)")
    }
  }
}
