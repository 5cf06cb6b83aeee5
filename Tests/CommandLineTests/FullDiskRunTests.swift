import Files
import Support
import Testing

/// A weekly run whose snapshots, versions and records lie on a disk that is really full.
@Suite(
  .enabled(if: SmallDisk.isPossible, "needs `unshare --user --mount` to mount a disk of its own"))
struct FullDiskRunTests {
  private static let generation = ["generate", "--users", "250", "--seed", "11"]

  private static let configuration =
    Laboratory.configuration + """

      source: sqlite:var/transactions.sqlite
      snapshots: disk/snapshots
      registry: disk/artifacts
      reports: disk/reports
      job: {runs: disk/runs, free_disk_mib: 1}
      """

  @Test func `a full disk ends a run from the embedded source, and room lets it go on`() throws {
    try run(environment: [])
  }

  @Test(.enabled(if: ThrowawayPostgreSQL.isWanted))
  func `a full disk ends a run from PostgreSQL, and room lets it go on`() throws {
    let server = try ThrowawayPostgreSQL.shared.get()
    try run(environment: ["DATABASE_URL=\(server.url(server.makeDatabase()))"])
  }

  private func run(environment: [String]) throws {
    let laboratory = try Laboratory()
    try laboratory.write(Self.configuration, to: "anomalyze.yaml")
    try laboratory.write(
      Self.configuration.replacing("disk/snapshots", with: "elsewhere"), to: "elsewhere.yaml")
    let disk = try laboratory.mountDisk(at: "disk", mebibytes: 32)
    func succeed(_ arguments: [String]) throws {
      let ending = try laboratory.run(arguments, environment: environment)
      try #require(ending.exitCode == 0, "\(arguments): \(ending.errorOutput)")
    }
    try succeed(["db", "init"])
    try succeed(Self.generation + ["--days", "36"])
    try succeed(["retrain"])
    try succeed(Self.generation + ["--days", "40"])
    // As large as the one that does not fit below.
    try succeed(["pull", "--config", "elsewhere.yaml"])
    let snapshotSize = try laboratory.contents(of: "elsewhere").values.reduce(0) { $0 + $1.count }
    let before = try kept(in: laboratory)
    #expect(before.count > 30)

    /// Runs a command with so much room; it must fail for the want of it, naming a file, and change nothing that was there.
    func fail(
      _ arguments: String..., leaving kibibytes: Int, at place: String,
      sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      try disk.leave(kibibytes: kibibytes / 4 * 4)
      let ending = try laboratory.run(arguments, environment: environment)
      let message = "\(arguments), \(kibibytes) KiB: \(ending.errorOutput)"
      #expect(
        ending.exitCode == 7 && ending.signal == 0, "\(message)", sourceLocation: sourceLocation)
      #expect(ending.errorOutput.contains(place), "\(message)", sourceLocation: sourceLocation)
      #expect(
        ending.errorOutput.contains("free some"), "\(message)", sourceLocation: sourceLocation)
      let after = try kept(in: laboratory)
      let changed = before.filter { $1 != after[$0] }.keys
      #expect(changed.isEmpty, "\(message): \(changed)", sourceLocation: sourceLocation)
      let halves = after.keys.filter { $0.contains("/.") }
      #expect(halves.isEmpty, "\(message): \(halves)", sourceLocation: sourceLocation)
      for command in [["registry", "verify"], ["snapshots", "verify"], ["audit", "verify"]] {
        let check = try laboratory.run(command)
        #expect(check.exitCode == 0, "\(message): \(check.output)", sourceLocation: sourceLocation)
      }
    }
    try fail("pull", leaving: 0, at: "disk/snapshots/")
    try fail("pull", leaving: snapshotSize / 2048, at: "disk/snapshots/.snapshot")
    try fail("retrain", leaving: 1_100, at: "disk/snapshots/.snapshot")
    try fail("retrain", leaving: snapshotSize / 1024 + 80, at: "/model.safetensors")
    // The snapshot is there by now. The first version fits; of the second the model does, and half of the report.
    try fail("retrain", "--from", "train", leaving: 1_120, at: "/fraud/.4")
    try fail(
      "promote", "fraud", "--version", "2", "--force", "--reason", "drill", leaving: 0,
      at: "disk/")

    try disk.leave(kibibytes: 20_000)
    try succeed(["retrain"])
    let after = try kept(in: laboratory)
    #expect(after.count > before.count)
    let changed = before.filter { $1 != after[$0] && !$0.contains("/aliases/") }.keys
    #expect(changed.isEmpty, "\(changed)")
    #expect(try laboratory.run(["registry", "verify"]).exitCode == 0)
  }

  /// Snapshots, versions and aliases; not how far the pulls have come, which a good one may tell before a run ends.
  private func kept(in laboratory: Laboratory) throws -> [String: [UInt8]] {
    try laboratory.contents(of: "disk/artifacts/models")
      .merging(laboratory.contents(of: "disk/snapshots")) { first, _ in first }
      .filter { !$0.key.hasSuffix(".lock") && !$0.key.contains("/watermark-") }
  }
}
