internal import Arguments
internal import Ingestion
internal import JSON
internal import Pipeline
internal import Terminal
internal import Transactions

extension LabCommand {
  /// Snapshots: immutable copies of the transactions.
  static let snapshotCommands: [LabEntry] = [
    LabEntry(
      CommandSyntax(
        "pull", "Copy the transactions of the source into an immutable snapshot.",
        options: [
          .config, .source,
          .init("--csv", "FILE", "Take the rows from a CSV file instead of a store."),
          .init(
            "--map", "FIELD=COLUMN,…", "Which CSV column holds which field.", default: "by name"),
          .init("--label-delay", "SPAN", "For CSV labels without a time.", default: "7d"),
          .init(
            switch: "--full", "Fetch every row of a PostgreSQL database, not only what has changed."
          ),
          .json,
        ],
        examples: [
          "anomalyze pull", "anomalyze pull --source postgresql://localhost/payments --json",
        ]),
      LabCommand.pull),
    LabEntry(
      CommandSyntax("snapshots list", "List the snapshots.", options: [.config, .json]),
      LabCommand.listSnapshots),
    LabEntry(
      CommandSyntax(
        "snapshots verify", "Recompute the checksums of a snapshot.",
        operands: [.init("DIGEST", "digest or the start of it; newest without", isRequired: false)],
        options: [.config]),
      LabCommand.verifySnapshot),
  ]

  func pull() throws {
    let configuration = try configuration()
    let stage = PullStage(snapshotsFolder: configuration.snapshotsFolder)
    let snapshot: Snapshot
    if let path = values.text("--csv") {
      snapshot = try stage.run(
        CSVTransactionReader(path: path, mapping: mapping(), labelDelay: labelDelay()))
    } else {
      snapshot = try stage.run(
        source(), mapping: mapping(), labelDelay: labelDelay(), isFull: values.isOn("--full"))
    }
    show(snapshot.manifest.json, Self.summary(of: snapshot))
  }

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

  func verifySnapshot() throws {
    let snapshot = try SnapshotCollection(root: configuration().snapshotsFolder).open(
      values.text("DIGEST"))
    try snapshot.verify()
    Terminal.print("snapshot \(snapshot.manifest.digest) is as it was written\n")
  }

  static func summary(of snapshot: Snapshot) -> String {
    let manifest = snapshot.manifest
    return """
      snapshot \(manifest.digest)
        rows     \(grouped(manifest.rowCount)), \(grouped(manifest.fraudCount)) of them fraud
        time     \(manifest.firstTime) … \(manifest.lastTime)
        source   \(manifest.source)
        folder   \(snapshot.path)

      """
  }
}
