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
  func train() throws {
    let configuration = try configuration()
    let models = try configuration.models(named: values.text("NAME"))
    let snapshot = try SnapshotCollection(root: configuration.snapshotsFolder).open(
      values.text("--snapshot"))
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

  private func split(
    of snapshot: Snapshot, _ configuration: LabConfiguration
  ) throws -> TimeSplit {
    try periods().split(
      first: snapshot.manifest.firstTime, last: snapshot.manifest.lastTime,
      evaluation: configuration.evaluation)
  }

  /// A headline figure with four decimals, or a dash.
  static func figure(_ name: String, _ metrics: JSONValue) -> String {
    metrics["headline"]?[name]?["value"]?.doubleValue.map(fixed) ?? "-"
  }

  func evaluate() throws -> ExitCode {
    let configuration = try configuration()
    let requirement = try values.value(
      "--require", "a condition such as average_precision>=0.3",
      parse: { MetricRequirement(parsing: $0) })
    let version = try registry(configuration, access: .readOnly).resolve(values.required("MODEL"))
    let snapshot = try SnapshotCollection(root: configuration.snapshotsFolder).open(
      values.text("--snapshot"))
    let report = try EvaluationStage(configuration: configuration, context: context()).run(
      "\(version.name)/\(version.version)", versionFolder: version.folder, on: snapshot,
      split: split(of: snapshot, configuration))
    let folder =
      values.text("--out")
      ?? "\(configuration.reportsFolder)/\(version.name)-\(version.version)"
    try report.write(to: folder)
    let metrics = report.metrics
    show(metrics, Self.headlineText(metrics) + "report: \(folder)/report.html\n")
    guard let requirement else { return .success }
    let isMet = requirement.isMet(by: metrics)
    if !isMet { Terminal.report("anomalyze: the requirement \(requirement.text) does not hold") }
    return isMet ? .success : .gateRefused
  }

  /// The headline figures with their intervals, a line each.
  static func headlineText(_ metrics: JSONValue) -> String {
    var table = TextTable(["metric", "value", "interval"], rightAligned: [1])
    for (name, figure) in metrics["headline"]?.objectValue?.members ?? [] {
      let bounds = [figure["lower"], figure["upper"]].compactMap { $0?.doubleValue }
      table.append([
        name, figure["value"]?.doubleValue.map(fixed) ?? "-",
        bounds.count == 2 ? "\(fixed(bounds[0])) … \(fixed(bounds[1]))" : "",
      ])
    }
    let rows = metrics["rows"]?["count"]?.integerValue ?? 0
    let frauds = metrics["rows"]?["frauds"]?.integerValue ?? 0
    return table.text + "test rows: \(grouped(Int(rows))), \(grouped(Int(frauds))) of them fraud\n"
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
      if let gates = model.gates { text += "\n\(gates.decision.table)" }
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
