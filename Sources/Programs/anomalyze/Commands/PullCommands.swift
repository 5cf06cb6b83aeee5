internal import Arguments
internal import Ingestion
internal import JSON
internal import Pipeline
internal import Terminal
internal import Transactions

extension LabCommand {
  /// Making snapshots: immutable copies of the transactions.
  static let pullCommands: [LabEntry] = [
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
      LabCommand.pull)
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
    try ValidationStage(configuration: configuration, moment: now)
      .run(snapshot, warn: Terminal.report)
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
