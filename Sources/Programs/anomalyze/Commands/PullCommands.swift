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
          .init(
            "--since", "last", "Fetch what changed since the last pull, if that can be told.",
            default: "last"),
          .init(
            switch: "--accept-schema",
            "Go on although columns came, went or changed their types since the last pull."),
          .json,
        ],
        examples: [
          "anomalyze pull", "anomalyze pull --source postgresql://localhost/payments --json",
        ]),
      LabCommand.pull)
  ]

  func pull() throws {
    let configuration = try configuration()
    let stage = PullStage(configuration)
    if let since = values.text("--since"), since != "last" || values.isOn("--full") {
      throw UsageError(
        "--since takes the word last, and not together with --full")
    }
    let outcome: PullStage.Outcome
    if let path = values.text("--csv") {
      outcome = try stage.run(
        CSVTransactionReader(path: path, mapping: mapping(), labelDelay: labelDelay()))
    } else {
      outcome = try stage.run(
        source(), mapping: mapping(), labelDelay: labelDelay(), isFull: values.isOn("--full"),
        acceptsNewSchema: values.isOn("--accept-schema"))
    }
    let snapshot = outcome.snapshot
    let rate = Int(Double(outcome.fetchedRowCount) / max(outcome.seconds, 1e-6))
    show(
      snapshot.manifest.json,
      Self.summary(of: snapshot)
        + "  fetched  \(grouped(outcome.fetchedRowCount)) rows"
        + (outcome.isIncremental ? " that changed since the last pull" : "")
        + " in \((outcome.seconds * 100).rounded() / 100) s, \(grouped(rate)) rows/s\n")
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
