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
  /// Training models by hand.
  static let trainingCommands: [LabEntry] = [
    LabEntry(
      CommandSyntax(
        "train", "Train the detectors of a model, evaluate them and register a version of each.",
        operands: [.init("NAME", "model of the configuration; all without", isRequired: false)],
        options: [.config, .snapshot, .asOf, .threads] + CommandSyntax.Option.periods
          + CommandSyntax.Option.engines + [.json],
        examples: [
          "anomalyze train fraud",
          "anomalyze train fraud --engine spark --cluster spark://master:7077 --shards 64",
          "anomalyze train fraud --train 2018-07-25..2018-08-01 --test 2018-08-08..2018-08-15",
        ]),
      LabCommand.train)
  ]

  func train() throws {
    let configuration = try configuration()
    let models = try configuration.models(named: values.text("NAME"))
    let snapshot = try SnapshotCollection(root: configuration.snapshotsFolder).open(
      values.text("--snapshot")
    ).seen(asOf: asOf())
    try ValidationStage(configuration: configuration, moment: now)
      .run(snapshot, warn: Terminal.report)
    let split = try split(of: snapshot, configuration)
    let registry = try registry(configuration)
    let stage = TrainingStage(
      configuration: configuration, context: try context(),
      sharding: (try engineConfiguration() ?? configuration.engine)?
        .sharding(version: LabSyntax.version, tell: Terminal.report))
    var trained: [TrainedVersion] = []
    for model in models {
      trained += try stage.run(
        model, on: snapshot, split: split, registry: registry, warn: Terminal.report)
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
