internal import Arguments
internal import Evaluation
internal import Files
internal import Ingestion
internal import JSON
internal import Pipeline
internal import Promotion
internal import Registry
internal import Terminal
internal import Transactions

extension LabCommand {
  /// Training models, by hand and every week.
  static let trainingCommands: [LabEntry] = [
    LabEntry(
      CommandSyntax(
        "train", "Train the detectors of a model, evaluate them and register a version of each.",
        operands: [.init("NAME", "model of the configuration; all without", isRequired: false)],
        options: [.config, .snapshot, .threads] + CommandSyntax.Option.periods + [.json],
        examples: [
          "anomalyze train fraud",
          "anomalyze train fraud --train 2018-07-25..2018-08-01 --test 2018-08-08..2018-08-15",
        ]),
      LabCommand.train),
    LabEntry(
      CommandSyntax(
        "retrain", "The weekly job: pull, train, evaluate, register, and promote if better.",
        options: [
          .config, .source, .threads,
          .init(switch: "--dry-run", "Stop before the alias moves; say what would happen."), .json,
        ],
        examples: [
          "anomalyze retrain", "DATABASE_URL=postgresql://db/payments anomalyze retrain --json",
        ]),
      LabCommand.retrain),
    LabEntry(
      CommandSyntax(
        "status", "Show champions, their figures, and where reports, versions and snapshots lie.",
        options: [.config, .json]),
      LabCommand.showStatus),
  ]

  func train() throws {
    let configuration = try configuration()
    let models = try configuration.models(named: values.text("NAME"))
    let snapshot = try SnapshotCollection(root: configuration.snapshotsFolder).open(
      values.text("--snapshot"))
    try ValidationStage(configuration: configuration, moment: now)
      .run(snapshot, warn: Terminal.report)
    let split = try split(of: snapshot, configuration)
    let registry = try registry(configuration)
    let stage = TrainingStage(configuration: configuration, context: try context())
    var trained: [TrainedVersion] = []
    for model in models {
      trained += try stage.run(model, on: snapshot, split: split, registry: registry)
    }
    var table = TextTable(
      ["version", "detector", "AUROC", "AP", "state", "folder"], rightAligned: [2, 3])
    for version in trained {
      table.append([
        "\(version.model)/\(version.registration.version)", version.detector,
        Self.figure("area_under_roc", version.metrics),
        Self.figure("average_precision", version.metrics),
        version.registration.isNew ? "new" : "exists already", version.registration.folder,
      ])
    }
    show(.array(trained.map(\.json)), table.text)
  }

  func retrain() throws -> ExitCode {
    let configuration = try configuration()
    let isJSON = values.isOn("--json")
    let registry = try registry(configuration)
    let lock = try LockFile("\(configuration.registryFolder)/.retrain.lock")
    let pipeline = RetrainingPipeline(configuration: configuration, context: try context())
    let outcome = try withExtendedLifetime(lock) {
      try pipeline.run(
        from: source(), isDryRun: values.isOn("--dry-run"), registry: registry
      ) { line in
        if isJSON { Terminal.report(line) } else { Terminal.print(line + "\n") }
      }
    }
    var text = ""
    for model in outcome.models {
      if let decision = model.gates?.result.decision { text += "\n\(decision.table)" }
      text += "\nreport    \(model.best.registration.folder)/report.html\n"
      text += "version   \(model.best.registration.folder)\n"
    }
    text += "snapshot  \(outcome.snapshot.path)\n"
    show(
      [
        "snapshot": .string(outcome.snapshot.manifest.digest),
        "models": .array(outcome.models.map(\.json)),
      ], text)
    return outcome.isRefused ? .gateRefused : .success
  }

  func showStatus() throws {
    let configuration = try configuration()
    let registry = try registry(configuration, access: .readOnly)
    var text = ""
    var documents: [JSONValue] = []
    for model in try registry.models() {
      guard let champion = model.aliases.first(where: { $0.alias == "champion" }) else {
        text += "\(model.name): no champion; promote one with anomalyze promote \(model.name)\n"
        documents.append(["model": .string(model.name), "champion": nil])
        continue
      }
      let folder = registry.layout.versionFolder(model.name, champion.version)
      let metrics = try Self.metrics(folder)
      let lineage = try VersionLineage(ofVersionIn: folder)
      let snapshot = "\(configuration.snapshotsFolder)/\(lineage.snapshotDigest)"
      text += """
        \(model.name): champion is version \(champion.version) since \(champion.movedAt), \
        average precision \(Self.figure("average_precision", metrics)), \
        AUROC \(Self.figure("area_under_roc", metrics))
          report    \(folder)/report.html
          version   \(folder)
          snapshot  \(snapshot)

        """
      documents.append([
        "model": .string(model.name), "champion": champion.json,
        "headline": metrics["headline"] ?? nil, "report": .string("\(folder)/report.html"),
        "version_folder": .string(folder), "snapshot": .string(snapshot),
      ])
    }
    show(
      .array(documents),
      documents.isEmpty ? "no models yet; make one with anomalyze retrain\n" : text)
  }

  func split(
    of snapshot: Snapshot, _ configuration: LabConfiguration
  ) throws -> TimeSplit {
    try periods().split(
      of: snapshot, at: now, evaluation: configuration.evaluation)
  }
}

extension TrainedVersion {
  fileprivate var json: JSONValue {
    [
      "model": .string(model), "version": .integer(Int64(registration.version)),
      "detector": .string(detector), "new": .bool(registration.isNew),
      "digest": .string(registration.digest), "folder": .string(registration.folder),
      "metrics": metrics,
    ]
  }
}
