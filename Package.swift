// swift-tools-version: 6.2
import PackageDescription

// The folder order is the data flow: a target may depend on targets of its own layer or of a layer above it in
// this file, never below. `Tests/ArchitectureTests` holds the arrows.

let house: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .treatWarning("DeprecatedDeclaration", as: .warning),
  .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
]

// Swift 6.3.1 crashes in these two passes (a method without a base) once the server takes its routes in across modules. The linker
// drops what they would have dropped.
let serverSettings: [SwiftSetting] =
  house + [
    .unsafeFlags(
      [
        "-Xllvm", "-sil-disable-pass=deadfuncelim", "-Xllvm",
        "-sil-disable-pass=late-deadfuncelim",
      ], .when(configuration: .release))
  ]

func cLibrary(_ name: String, pkgConfig: String, package: String) -> Target {
  .systemLibrary(
    name: name, path: "Sources/System/\(name)", pkgConfig: pkgConfig, providers: [.apt([package])])
}

/// C code that a tool wrote from a schema; the script beside the programs' other scripts writes it again.
func generatedC(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, path: "Sources/System/\(name)")
}

func library(_ layer: String, _ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Sources/\(layer)/\(name)", swiftSettings: house)
}

func program(
  _ name: String, _ dependencies: [Target.Dependency] = [], _ settings: [SwiftSetting] = house
) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies, path: "Sources/Programs/\(name)",
    swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: dependencies, path: "Tests/\(name)Tests",
    swiftSettings: house)
}

let system: [Target] = [
  library("System", "JSON"),
  cLibrary("CCrypto", pkgConfig: "libcrypto", package: "libssl-dev"),
  library("System", "Files", ["CCrypto", "JSON"]),
  library("System", "Signatures", ["CCrypto"]),
  .systemLibrary(name: "CMalloc", path: "Sources/System/CMalloc"),
  library("System", "Terminal", ["CMalloc"]),
  library("System", "Memory"),
  .systemLibrary(name: "CSwiftRuntime", path: "Sources/System/CSwiftRuntime"),
  library("System", "Publishing", ["CSwiftRuntime"]),
  cLibrary("CZlib", pkgConfig: "zlib", package: "zlib1g-dev"),
  library("System", "Compression", ["CZlib"]),
  cLibrary("CArchive", pkgConfig: "libarchive", package: "libarchive-dev"),
  library("System", "Archives", ["CArchive"]),
  cLibrary("CProtobufC", pkgConfig: "libprotobuf-c", package: "libprotobuf-c-dev"),
  generatedC("CONNX", ["CProtobufC"]),
  library("System", "ONNX", ["CONNX", "CProtobufC"]),
  cLibrary("CYAML", pkgConfig: "yaml-0.1", package: "libyaml-dev"),
  library("System", "YAML", ["CYAML", "JSON"]),
  cLibrary("CSQLite", pkgConfig: "sqlite3", package: "libsqlite3-dev"),
  library("System", "SQLite", ["CSQLite"]),
  .systemLibrary(name: "CSpawn", path: "Sources/System/CSpawn"),
  library("System", "Subprocess", ["CSpawn"]),
  // Without pkg-config, which would link it: libpq is loaded when a program is told of a PostgreSQL server.
  .systemLibrary(
    name: "CPostgreSQL", path: "Sources/System/CPostgreSQL", providers: [.apt(["libpq-dev"])]),
  library("System", "PostgreSQL", ["CPostgreSQL"]),
  cLibrary("CMicroHTTPD", pkgConfig: "libmicrohttpd", package: "libmicrohttpd-dev"),
  library("System", "HTTP", ["CMicroHTTPD", "JSON"]),
  cLibrary("CCurl", pkgConfig: "libcurl", package: "libcurl4-openssl-dev"),
  library("System", "WebClient", ["CCurl"]),
  cLibrary("COpenBLAS", pkgConfig: "openblas", package: "libopenblas-dev"),
  cLibrary("CLAPACKE", pkgConfig: "lapacke", package: "liblapacke-dev"),
  library("System", "LinearAlgebra", ["CLAPACKE", "COpenBLAS", "Tabular"]),
]

let data: [Target] = [
  library("Data", "Tabular", ["Memory"]),
  library("Data", "Transactions", ["Compression", "Files", "Memory", "Tabular"]),
  library("Data", "Features", ["Files", "JSON", "Tabular", "Transactions"]),
  library(
    "Data", "Ingestion",
    ["Files", "JSON", "Memory", "PostgreSQL", "SQLite", "Tabular", "Transactions"]),
]

let learning: [Target] = [
  library(
    "Learning", "Models", ["Features", "Files", "JSON", "Memory", "Tabular", "Transactions"]),
  library("Learning", "Exchange", ["Compression", "Files", "JSON", "Models", "ONNX", "Tabular"]),
  library("Learning", "Training", ["Files", "JSON", "LinearAlgebra", "Models", "Tabular"]),
  library("Learning", "Evaluation", ["JSON", "Subprocess", "Tabular", "Transactions"]),
]

let release: [Target] = [
  library("Release", "Registry", ["Files", "JSON", "SQLite", "Signatures", "Transactions"]),
  library(
    "Release", "Distribution",
    ["Archives", "Files", "JSON", "Registry", "Signatures", "Transactions", "WebClient"]),
  library("Release", "Promotion", ["Files", "JSON", "Registry", "Transactions"]),
  library(
    "Release", "SeriesStorage",
    ["Files", "JSON", "Models", "PostgreSQL", "Publishing", "SQLite", "Transactions"]),
  library(
    "Release", "Serving",
    [
      "Evaluation", "Features", "Files", "HTTP", "JSON", "Models", "Registry", "SeriesStorage",
      "Signatures",
      "Tabular", "Transactions",
    ]),
]

let programs: [Target] = [
  library("Programs", "Arguments"),
  program(
    "bench",
    [
      "Arguments", "Compression", "Evaluation", "Features", "Files", "Ingestion", "JSON", "Models",
      "Pipeline", "PostgreSQL", "Promotion", "Registry", "Subprocess", "Tabular", "Terminal",
      "Training", "Transactions",
    ]),
  library(
    "Programs", "Pipeline",
    [
      "Evaluation", "Exchange", "Features", "Files", "Ingestion", "JSON", "Models", "Promotion",
      "Registry",
      "SeriesStorage", "Signatures", "Subprocess", "Tabular", "Terminal", "Training",
      "Transactions", "WebClient",
      "YAML",
    ]),
  program(
    "anomalyze",
    [
      "Archives", "Arguments", "Compression", "Distribution", "Evaluation", "Exchange", "Features",
      "Files", "Ingestion", "JSON", "Models", "Pipeline", "Promotion", "Registry", "SeriesStorage",
      "Signatures", "SQLite", "Subprocess", "Tabular", "Terminal", "Training", "Transactions",
      "WebClient",
    ]),
  program(
    "anomalyze-server",
    [
      "Arguments", "Files", "HTTP", "JSON", "SeriesStorage", "Serving", "Tabular", "Terminal",
      "Transactions",
    ], serverSettings),
]

let testKits: [Target] = [
  .systemLibrary(
    name: "CJansson", path: "Tests/CJansson", pkgConfig: "jansson",
    providers: [.apt(["libjansson-dev"])]),
  .target(
    name: "HTTPTestKit", dependencies: ["CSpawn", "JSON"], path: "Tests/HTTPTestKit",
    swiftSettings: house),
  .target(
    name: "Support",
    dependencies: [
      "CSpawn", "Files", "Ingestion", "JSON", "Models", "PostgreSQL", "Transactions",
    ],
    path: "Tests/Support", swiftSettings: house),
]

let testTargets: [Target] = [
  tests("Architecture", ["Files"]),
  tests("Archives", ["Archives", "Files", "Subprocess"]),
  tests("Arguments", ["Arguments"]),
  tests(
    "CommandLine",
    [
      "anomalyze", "anomalyze-server", "Files", "HTTPTestKit", "JSON", "Models", "PostgreSQL",
      "SQLite", "SeriesStorage", "Subprocess", "Support", "Tabular", "Terminal", "Transactions",
    ]),
  tests("Evaluation", ["Evaluation", "Files", "JSON", "Subprocess", "Tabular", "Transactions"]),
  tests(
    "Exchange",
    [
      "Compression", "Exchange", "Files", "JSON", "Models", "Subprocess", "Support", "Tabular",
      "Terminal", "Training",
    ]),
  tests(
    "Integration",
    [
      "Exchange", "Files", "Ingestion", "JSON", "Models", "PostgreSQL", "Support", "Tabular",
      "Training", "Transactions",
    ]),
  tests("Files", ["Files"]),
  tests("HTTP", ["HTTP", "HTTPTestKit", "JSON"]),
  tests(
    "Ingestion",
    [
      "Files", "Ingestion", "JSON", "SQLite", "Subprocess", "Support", "Tabular", "Transactions",
    ]),
  tests("JSON", ["CJansson", "JSON", "Tabular"]),
  tests("LinearAlgebra", ["LinearAlgebra", "Tabular"]),
  tests(
    "Pipeline",
    [
      "Evaluation", "Features", "Files", "HTTP", "Ingestion", "JSON", "Models", "Pipeline",
      "Registry", "Signatures", "Subprocess", "Tabular", "Transactions",
    ]),
  tests("PostgreSQL", ["PostgreSQL"]),
  tests("Publishing", ["Publishing"]),
  tests(
    "Serving",
    [
      "anomalyze-server", "Features", "Files", "HTTP", "HTTPTestKit", "JSON", "Models",
      "PostgreSQL", "Registry", "SQLite", "SeriesStorage", "Serving", "Support", "Tabular",
      "Terminal", "Training", "Transactions",
    ]),
  tests("SQLite", ["SQLite"]),
  tests("WebClient", ["HTTP", "Subprocess", "WebClient"]),
  tests("Subprocess", ["Subprocess"]),
  .executableTarget(
    name: "RegistryProbe", dependencies: ["Files", "Registry", "Terminal", "Transactions"],
    path: "Tests/RegistryProbe", swiftSettings: house),
  tests(
    "Registry",
    [
      "Files", "JSON", "Registry", "RegistryProbe", "Signatures", "SQLite", "Subprocess",
      "Terminal", "Transactions",
    ]),
  tests("Signatures", ["Signatures"]),
  tests(
    "Distribution",
    [
      "Archives", "Distribution", "Files", "JSON", "Registry", "Signatures", "Terminal",
      "Transactions", "WebClient",
    ]),
  tests("Promotion", ["Files", "JSON", "Promotion", "Registry", "Transactions"]),
  tests("Tabular", ["Memory", "Tabular"]),
  tests("Terminal", ["Terminal"]),
  tests("Transactions", ["Compression", "Files", "Tabular", "Transactions"]),
  tests(
    "Features", ["Compression", "Features", "Files", "JSON", "Tabular", "Transactions", "YAML"]),
  tests("YAML", ["JSON", "YAML"]),
  tests(
    "Models",
    [
      "Features", "Files", "JSON", "Models", "Support", "Tabular", "Terminal", "Training",
      "Transactions",
    ]),
  tests(
    "Training", ["Files", "JSON", "LinearAlgebra", "Models", "SQLite", "Tabular", "Training"]),
]

let package = Package(
  name: "anomalyze",
  targets: system + data + learning + release + programs + testKits + testTargets,
  swiftLanguageModes: [.v6]
)
