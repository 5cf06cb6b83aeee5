internal import Arguments
internal import Files
internal import Ingestion
internal import JSON
internal import Pipeline
internal import Registry
internal import Terminal
internal import Transactions

extension LabCommand {
  private static let digest = CommandSyntax.Operand(
    "DIGEST", "digest or the start of it; newest without", isRequired: false)

  /// Looking after snapshots.
  static let snapshotCommands: [LabEntry] = [
    LabEntry(
      CommandSyntax("snapshots list", "List the snapshots.", options: [.config, .json]),
      LabCommand.listSnapshots),
    LabEntry(
      CommandSyntax(
        "snapshots show", "Show a snapshot: rows, time, source, and what was found in it.",
        operands: [digest], options: [.config, .json], examples: ["anomalyze snapshots show"]),
      LabCommand.showSnapshot),
    LabEntry(
      CommandSyntax(
        "snapshots diff", "Count what was added, removed, changed and relabelled between two.",
        operands: [
          .init("OLDER", "digest or the start of it"),
          .init("NEWER", "digest or the start of it; newest without", isRequired: false),
        ], options: [.config, .json], examples: ["anomalyze snapshots diff 3fa9c1"]),
      LabCommand.compareSnapshots),
    LabEntry(
      CommandSyntax(
        "snapshots verify", "Recompute the checksums of a snapshot.", operands: [digest],
        options: [.config]),
      LabCommand.verifySnapshot),
    LabEntry(
      CommandSyntax(
        "snapshots validate",
        "Hold a snapshot against the configuration's expectations; code 3 when an error is found.",
        operands: [digest], options: [.config, .json], examples: ["anomalyze snapshots validate"]),
      LabCommand.validateSnapshot),
    LabEntry(
      CommandSyntax(
        "snapshots gc", "Remove snapshots that no version was trained on, but for the last ones.",
        options: [
          .config, .init("--keep", "N", "How many of the last ones stay.", default: "3"),
          .init(switch: "--dry-run", "Tell what would be removed and remove nothing."), .json,
        ], examples: ["anomalyze snapshots gc --keep 5 --dry-run"]),
      LabCommand.collectSnapshotGarbage),
  ]

  func listSnapshots() throws {
    let folder = try configuration().snapshotsFolder
    let manifests = try SnapshotCollection(root: folder).entries().compactMap(\.manifest)
    var table = TextTable(
      ["digest", "rows", "frauds", "first", "last", "source"], rightAligned: [1, 2])
    for manifest in manifests {
      table.append([
        String(manifest.digest.prefix(12)), grouped(manifest.rowCount),
        grouped(manifest.fraudCount), manifest.firstTime.dateText, manifest.lastTime.dateText,
        manifest.source,
      ])
    }
    show(
      .array(manifests.map(\.json)),
      manifests.isEmpty
        ? "no snapshots in \(folder); make one with anomalyze pull\n" : table.text)
  }

  private func chosenSnapshot() throws -> Snapshot {
    try SnapshotCollection(root: configuration().snapshotsFolder).open(values.text("DIGEST"))
  }

  func showSnapshot() throws {
    let snapshot = try chosenSnapshot()
    let quality = snapshot.manifest.quality
    var table = TextTable(["column", "missing", "implausible"], rightAligned: [1, 2])
    let names = Set(quality.nullCounts.keys).union(quality.outOfRangeCounts.keys)
    for name in names.sorted() {
      table.append([
        name, grouped(quality.nullCounts[name] ?? 0), grouped(quality.outOfRangeCounts[name] ?? 0),
      ])
    }
    let arrival = """
        parts    \(snapshot.manifest.parts.count)
        arrival  \(grouped(quality.duplicateCount)) repeated, \
      \(grouped(quality.relabelledCount)) relabelled, \(grouped(quality.replacedCount)) replaced, \
      \(grouped(quality.outOfOrderCount)) after a later one

      """
    show(
      snapshot.manifest.json,
      Self.summary(of: snapshot) + arrival + (names.isEmpty ? "" : table.text))
  }

  func compareSnapshots() throws {
    let collection = SnapshotCollection(root: try configuration().snapshotsFolder)
    let older = try collection.snapshot(named: values.required("OLDER"))
    let newer = try collection.open(values.text("NEWER"))
    let difference = try SnapshotDifference(from: older, to: newer)
    var table = TextTable(["transactions", "count"], rightAligned: [1])
    for (name, count) in [
      ("added", difference.addedCount), ("removed", difference.removedCount),
      ("changed", difference.changedCount), ("relabelled", difference.relabelledCount),
      ("unchanged", difference.unchangedCount),
    ] { table.append([name, grouped(count)]) }
    show(
      [
        "older": .string(older.manifest.digest), "newer": .string(newer.manifest.digest),
        "difference": difference.json,
      ],
      "from \(older.manifest.digest.prefix(12)) to \(newer.manifest.digest.prefix(12))\n"
        + table.text)
  }

  func validateSnapshot() throws -> ExitCode {
    let configuration = try configuration()
    let snapshot = try chosenSnapshot()
    let report = try ValidationStage(configuration: configuration, moment: now)
      .report(on: snapshot)
    var table = TextTable(["verdict", "finding"])
    for finding in report.findings {
      table.append([
        finding.isMet ? "holds" : finding.expectation.severity.rawValue, finding.text,
      ])
    }
    show(
      [
        "snapshot": .string(snapshot.manifest.digest), "passed": .bool(report.isPassed),
        "findings": report.json,
      ], table.text)
    return report.isPassed ? .success : .invalidData
  }

  func collectSnapshotGarbage() throws {
    let configuration = try configuration()
    let collection = SnapshotCollection(root: configuration.snapshotsFolder)
    let isRehearsal = values.isOn("--dry-run")
    let removed = try collection.collectGarbage(
      keeping: trainedDigests(configuration),
      latestCount: values.integer("--keep", in: 1...1_000_000) ?? 3, now: now,
      isRehearsal: isRehearsal)
    let verb = isRehearsal ? "would remove" : "removed"
    show(
      ["removed": .array(removed.map { .string($0) }), "dry_run": .bool(isRehearsal)],
      removed.isEmpty
        ? "nothing to remove\n" : removed.map { "\(verb) \($0)\n" }.joined())
  }

  /// The snapshots that registered versions come from: what is needed to judge or make a version again.
  private func trainedDigests(_ configuration: LabConfiguration) throws -> Set<String> {
    guard FileSystem.exists(configuration.registryFolder) else { return [] }
    let registry = try registry(configuration, access: .readOnly)
    var digests: Set<String> = []
    for model in try registry.models() {
      for version in try registry.versions(of: model.name) {
        let folder = registry.layout.versionFolder(model.name, version.version)
        digests.insert(try VersionLineage(ofVersionIn: folder).snapshotDigest)
      }
    }
    return digests
  }

  func verifySnapshot() throws {
    let snapshot = try chosenSnapshot()
    try snapshot.verify()
    Terminal.print("snapshot \(snapshot.manifest.digest) is as it was written\n")
  }
}
