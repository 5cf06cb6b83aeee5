internal import Arguments
internal import Files
internal import JSON
internal import Promotion
internal import Registry
internal import Subprocess
internal import Terminal
internal import Transactions

/// A registry with many versions: what reading, promoting, registering and verifying cost, each beside its target.
struct RegistryBenchmark {
  let root: String
  let versionCount: Int
  let byteCount: Int
  let repetitions: Int

  static let benchmark = Benchmark(
    CommandSyntax(
      "registry", "Registry of many versions: list, show, resolve, promote, register, verify.",
      options: [
        .init(
          "--root", "FOLDER", "A folder on the disk to measure; it is made and removed.",
          default: "/tmp/anomalyze-bench-registry"),
        .init("--versions", "N", "How many versions.", default: "10000"),
        .init("--bytes", "N", "Size of the model file of each.", default: "32768"),
        .init("--repetitions", "N", "Runs whose median is taken.", default: "25"),
      ],
      examples: ["bench registry --versions 10000"])
  ) { values in
    try RegistryBenchmark(
      root: values.text("--root") ?? "/tmp/anomalyze-bench-registry",
      versionCount: values.integer("--versions", in: 2...1_000_000) ?? 10_000,
      byteCount: values.integer("--bytes", in: 1...1 << 30) ?? 32_768,
      repetitions: values.integer("--repetitions", in: 1...1_000) ?? 25
    ).run()
  }

  private static let name = "fraud"
  private let moment = Timestamp(seconds: 1_772_323_200)

  func run() throws -> JSONValue {
    guard !FileSystem.exists(root) else {
      throw UsageError("\(root) exists; name a folder that does not")
    }
    defer { try? FileSystem.removeTree(root) }
    try makeVersions()
    let registry = try Registry(root: root)
    for version in [1, 2] { try promote(version, registry) }
    var rows: [JSONValue] = []
    func measure(
      _ what: String, milliseconds target: Double, _ work: () throws -> Void
    ) throws {
      let timing = try Timing.median(repetitions, work)
      rows.append([
        "what": .string(what), "milliseconds": .number(timing.wall * 1e3),
        "processor_milliseconds": .number(timing.processor * 1e3),
        "target_milliseconds": .number(target), "ratio": .number(timing.wall * 1e3 / target),
      ])
    }
    let middle = versionCount / 2
    try measure("open for reading and resolve NAME@champion", milliseconds: 10) {
      _ = try Registry(root: root, access: .readOnly).resolve(Self.name)
    }
    try measure("resolve the alias without the catalogue", milliseconds: 10) {
      _ = try registry.layout.resolveAlias(Self.name, "champion")
    }
    try measure("list: models and the 20 newest versions with figures", milliseconds: 10) {
      _ = try registry.models()
      for version in try registry.versions(of: Self.name, newest: 20) {
        _ = try registry.metrics(of: Self.name, version.version)
      }
    }
    try measure("show: record, figures, aliases, decisions, approvals", milliseconds: 10) {
      _ = try registry.version(Self.name, middle)
      _ = try registry.metrics(of: Self.name, middle)
      _ = try registry.aliases(of: Self.name)
      _ = try registry.decisions(of: Self.name, middle)
      _ = try registry.approvals(of: Self.name, middle)
    }
    var champion = 2
    try measure("promote through the gates, on disk", milliseconds: 50) {
      champion = 3 - champion
      try promote(champion, registry)
    }
    try measure("roll back, on disk", milliseconds: 50) {
      champion = 3 - champion
      try registry.rollBack(Self.name, to: champion, by: "bench", at: moment)
    }
    var number = versionCount
    try measure("register a new version, on disk", milliseconds: 60) {
      number += 1
      try registry.register(name: Self.name, by: "bench", at: moment) { staged in
        for (path, bytes) in files(number) { try staged.write(bytes, to: path) }
      }
    }
    rows.append(try verification(registry))
    return [
      "benchmark": "registry", "versions": .integer(Int64(versionCount)),
      "bytes_each": .integer(Int64(byteCount)), "results": .array(rows),
    ]
  }

  private func promote(_ version: Int, _ registry: borrowing Registry) throws {
    _ = try registry.promote(
      PromotionRequest(name: Self.name, version: version, actor: "bench", at: moment),
      by: PromotionPolicy.standard())
  }

  /// Every file is read and hashed, every row of the audit checked and replayed; beside it `sha256sum` of the same files.
  private func verification(_ registry: borrowing Registry) throws -> JSONValue {
    var checked = RegistryVerification?.none
    let own = try Timing.median(1) { checked = try registry.verify() }
    let peer = try Timing.median(1) {
      let outcome = try Subprocess(
        path: Subprocess.locate("sh"),
        arguments: [
          "-c", "find \(root)/models -type f -print0 | xargs -0 sha256sum > /dev/null",
        ], environment: ["PATH=/usr/bin:/bin"], secondsAllowed: 600
      ).run()
      precondition(outcome.exitCode == 0, "sha256sum reads the files")
    }
    let megabytes = Double(checked?.byteCount ?? 0) / 1e6
    return [
      "what": "verify all versions and the audit", "intact": .bool(checked?.isIntact == true),
      "audit_rows": .integer(Int64(checked?.auditRowCount ?? 0)),
      "seconds": .number(own.wall), "megabytes_per_second": .number(megabytes / own.wall),
      "sha256sum_seconds": .number(peer.wall), "target_seconds": .number(peer.wall),
      "ratio": .number(own.wall / peer.wall),
    ]
  }

  private func files(_ number: Int) -> [(String, [UInt8])] {
    let value = JSONValue.number(0.3 + Double(number % 100) / 1_000)
    let metrics: JSONValue = ["headline": ["average_precision": ["value": value]]]
    var state = UInt64(number)
    let model = (0..<byteCount).map { _ -> UInt8 in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 33)
    }
    return [("metrics.json", metrics.bytes()), ("model.safetensors", model)]
  }

  /// Folders as a registry makes them, taken in by a rebuild. They are made in memory and copied, because flushing tens of
  /// thousands of files one by one is not what is measured.
  private func makeVersions() throws {
    let nursery = "/dev/shm/anomalyze-bench-\(Terminal.wallClockMicroseconds)"
    defer { try? FileSystem.removeTree(nursery) }
    for number in 1...versionCount {
      let folder = "\(nursery)/models/\(Self.name)/\(number)"
      try FileSystem.createDirectory(folder)
      var sums = ""
      for (path, bytes) in files(number) {
        try FileSystem.append(bytes, to: "\(folder)/\(path)", keeping: 0)
        sums += "\(SHA256.digest(of: bytes).hexadecimal)  \(path)\n"
      }
      try FileSystem.append(Array(sums.utf8), to: "\(folder)/SHA256SUMS", keeping: 0)
    }
    let copied = try Subprocess(
      path: Subprocess.locate("cp"), arguments: ["-r", nursery, root], secondsAllowed: 600
    ).run()
    guard copied.exitCode == 0 else { throw UsageError("\(root) cannot be written") }
    _ = try Registry.rebuild(root: root, by: "bench", at: moment)
  }
}
