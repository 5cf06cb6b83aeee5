public import Evaluation
internal import Features
internal import Exchange
internal import Files
public import Ingestion
public import JSON
internal import Models
public import Registry
internal import Tabular
public import Transactions

/// Who runs a stage, when and with how many threads.
public struct RunContext: Sendable {
  /// Who, for the audit trail.
  public let actor: String
  /// When, for the catalogue; no file of a version depends on it.
  public let moment: Timestamp
  /// How many threads; no result depends on it.
  public let threadCount: Int
  /// Version of the program.
  public let codeVersion: String

  /// Describes a run.
  public init(actor: String, moment: Timestamp, threadCount: Int, codeVersion: String) {
    self.actor = actor
    self.moment = moment
    self.threadCount = threadCount
    self.codeVersion = codeVersion
  }
}

/// A version that a run made or found.
public struct TrainedVersion: Sendable {
  /// Name of the model.
  public let model: String
  /// Kind of the detector.
  public let detector: String
  /// Number, digest and folder.
  public let registration: Registration
  /// Its `metrics.json`.
  public let metrics: JSONValue
  /// How shards were worked on for it in this run; `nil` without an engine, and when it exists already.
  public var shards: ShardLineage?

  /// The average precision on the test rows; −1 when it is not defined.
  public var averagePrecision: Double {
    metrics["headline"]?["average_precision"]?["value"]?.doubleValue ?? -1
  }

  /// The average precision on the validation rows, by which the best version of a run is chosen; −1 when it is not defined.
  public var validationPrecision: Double {
    metrics["validation"]?["average_precision"]?["value"]?.doubleValue ?? -1
  }
}

/// Trains the detectors of a model on one snapshot, judges them on the same rows and registers a version of each.
public struct TrainingStage: Sendable {
  let configuration: LabConfiguration
  let context: RunContext
  let sharding: Sharding?

  /// Makes the stage.
  ///
  /// - Parameter sharding: Who fits the isolation forests; this process when `nil`. No file of a version depends on it.
  public init(
    configuration: LabConfiguration, context: RunContext, sharding: Sharding? = nil
  ) {
    self.configuration = configuration
    self.context = context
    self.sharding = sharding
  }

  /// Runs the stage; when versions with the same inputs exist already, nothing is computed and these are returned.
  ///
  /// What is wrong with columns of the training rows is told to `warn` and kept in the version.
  ///
  /// - Throws: the errors of reading, learning, judging and registering; nothing is registered unless all detectors
  ///   were trained and judged.
  public func run(
    _ model: LabConfiguration.Model, on snapshot: Snapshot, split: TimeSplit,
    registry: borrowing Registry, warn: (String) -> Void = { _ in }
  ) throws -> [TrainedVersion] {
    if let existing = try existing(model, on: snapshot, split: split, registry: registry) {
      return existing
    }
    return try scoped(to: model).train(model, snapshot, split, registry, warn)
  }

  /// The stage with the features and the segment that the model has for itself.
  private func scoped(to model: LabConfiguration.Model) -> TrainingStage {
    TrainingStage(
      configuration: configuration.scoped(to: model), context: context, sharding: sharding)
  }

  private func train(
    _ model: LabConfiguration.Model, _ snapshot: Snapshot, _ split: TimeSplit,
    _ registry: borrowing Registry, _ warn: (String) -> Void
  ) throws -> [TrainedVersion] {
    let lineages = model.detectors.map { lineage(of: $0, in: model, snapshot, split) }
    let leaked = try leakedFigures(model, snapshot, split)
    let tables = try tables(of: snapshot, split)
    let candidates = try model.detectors.map {
      try train($0, on: tables, shardsOf: snapshot, split)
    }
    for finding in candidates.first?.notes.findings ?? [] { warn("warning: column \(finding)") }
    let canaries = try leakCanaries(of: candidates, leaked, tables)
    return try candidates.indices.map { index in
      let report = try report(
        on: candidates, primary: index, tables, lineage: lineages[index], model: model,
        canary: canaries?[index])
      return try register(
        candidates[index], report, lineages[index], tables, as: model.name, registry)
    }
  }

  /// The versions that were made of the same inputs before; `nil` unless there is one of every detector.
  func existing(
    _ model: LabConfiguration.Model, on snapshot: Snapshot, split: TimeSplit,
    registry: borrowing Registry
  ) throws -> [TrainedVersion]? {
    let known = try knownVersions(of: model.name, registry)
    var versions: [TrainedVersion] = []
    for detector in model.detectors {
      let lineage = scoped(to: model).lineage(of: detector, in: model, snapshot, split)
      guard let registration = known[lineage.inputsDigest] else { return nil }
      versions.append(
        TrainedVersion(
          model: model.name, detector: detector.kind, registration: registration,
          metrics: try Self.metrics(in: registration.folder)))
    }
    return versions
  }

  /// Trains a model's detectors and writes the files of the version of one of them into a folder.
  func write(
    _ model: LabConfiguration.Model, detector index: Int, on snapshot: Snapshot, split: TimeSplit,
    to folder: borrowing StagedDirectory
  ) throws {
    let lineage = lineage(of: model.detectors[index], in: model, snapshot, split)
    let leaked = try leakedFigures(model, snapshot, split)
    let tables = try tables(of: snapshot, split)
    let candidates = try model.detectors.map { try train($0, on: tables) }
    let canaries = try leakCanaries(of: candidates, leaked, tables)
    let report = try report(
      on: candidates, primary: index, tables, lineage: lineage, model: model,
      canary: canaries?[index])
    try write(candidates[index], report, lineage, tables, as: model.name, to: folder)
  }

  private func tables(of snapshot: Snapshot, _ split: TimeSplit) throws -> FeatureTables {
    try FeatureTables(
      of: snapshot, features: configuration.features, rules: configuration.rules, split: split,
      segment: configuration.segment,
      dropsKnownCompromised: configuration.evaluation.dropsKnownCompromised,
      limits: .init(training: configuration.evaluation.trainingRowLimit))
  }

  private func lineage(
    of detector: DetectorConfiguration, in model: LabConfiguration.Model, _ snapshot: Snapshot,
    _ split: TimeSplit
  ) -> VersionLineage {
    // The report of a version compares it with its rivals, so they belong to its inputs.
    VersionLineage(
      of: snapshot, split: split,
      dropsKnownCompromised: configuration.evaluation.dropsKnownCompromised,
      detector: detector.json, segment: configuration.segment, codeVersion: context.codeVersion,
      judging: [
        "rivals": .array(model.detectors.map(\.json)),
        "evaluation": configuration.evaluation.settingsJSON,
      ],
      others: ["features": configuration.features.json, "rules": configuration.rules.json])
  }

  /// The versions of a model by the digest of their inputs.
  private func knownVersions(
    of name: String, _ registry: borrowing Registry
  ) throws -> [String: Registration] {
    guard try registry.models().contains(where: { $0.name == name }) else { return [:] }
    var known: [String: Registration] = [:]
    for version in try registry.versions(of: name) {
      let folder = registry.layout.versionFolder(name, version.version)
      guard let lineage = try? VersionLineage(ofVersionIn: folder) else { continue }
      known[lineage.inputsDigest] = Registration(
        version: version.version, digest: version.digest, isNew: false, folder: folder)
    }
    return known
  }

  struct Candidate {
    let configuration: DetectorConfiguration
    let model: ScoringModel
    let reference: DriftReference
    let scores: PeriodScores
    let notes: TrainingNotes
    /// How the shards were worked on, where there were any.
    let shards: ShardLineage?

    var testScores: [Double] { scores.test }
  }

  private func train(
    _ detector: DetectorConfiguration, on tables: FeatureTables,
    shardsOf snapshot: Snapshot? = nil, _ split: TimeSplit? = nil
  ) throws -> Candidate {
    let detector = try detector.knowing(categorical: configuration.features.categoricalNames)
    let sharded = try fitInShards(detector, snapshot, split, tables.trainingChoice)
    let (fitted, threshold, presets) =
      try sharded.map { ($0.forest, $0.forest.threshold, nil) }
      ?? detector.fit(
        tables.training, featureNames: configuration.features.names, rowKeys: tables.trainingKeys,
        labels: tables.trainingLabels, threadCount: context.threadCount)
    let scores = try PeriodScores(of: tables, by: fitted, threadCount: context.threadCount)
    let model = try ScoringModel(
      detector: fitted, features: configuration.features, rules: configuration.rules,
      threshold: threshold, calibration: ScoreCalibration(trainingScores: scores.training))
    return Candidate(
      configuration: detector, model: model,
      reference: try DriftReference(
        featureNames: configuration.features.names, training: tables.training,
        scores: scores.training),
      scores: scores,
      notes: try TrainingNotes(
        of: fitted, threshold: threshold, trainingScores: scores.training, on: tables.training,
        presets: presets),
      shards: sharded?.lineage)
  }

  private func report(
    on candidates: [Candidate], primary: Int, _ tables: FeatureTables, lineage: VersionLineage,
    model: LabConfiguration.Model, canary: LeakCanary?
  ) throws -> EvaluationReport {
    let order = [primary] + candidates.indices.filter { $0 != primary }
    let names = model.detectorNames
    return try EvaluationStage(configuration: configuration, context: context).report(
      title: "\(model.name): \(names[primary])", tables,
      subjects: order.map { index in
        EvaluationStage.Subject(
          name: names[index], model: candidates[index].model,
          parameters: candidates[index].configuration.json, scores: candidates[index].scores)
      },
      lineage: lineage,
      command: "anomalyze train \(model.name) --snapshot \(lineage.snapshotDigest.prefix(12))",
      canary: canary)
  }

  private func register(
    _ candidate: Candidate, _ report: EvaluationReport, _ lineage: VersionLineage,
    _ tables: FeatureTables, as name: String, _ registry: borrowing Registry
  ) throws -> TrainedVersion {
    let registration = try registry.register(
      name: name,
      tags: (candidate.shards?.tags ?? [:]).merging(["detector": candidate.configuration.kind]) {
        $1
      }, by: context.actor, at: context.moment
    ) { folder in try write(candidate, report, lineage, tables, as: name, to: folder) }
    return TrainedVersion(
      model: name, detector: candidate.configuration.kind, registration: registration,
      metrics: report.metrics, shards: candidate.shards)
  }

  private func write(
    _ candidate: Candidate, _ report: EvaluationReport, _ lineage: VersionLineage,
    _ tables: FeatureTables, as name: String, to folder: borrowing StagedDirectory
  ) throws {
    let goldenRows = tables.training.selecting(rows: 0..<min(8, tables.training.rowCount))
    try candidate.model.write(to: folder, goldenRows: goldenRows, notes: candidate.notes.json)
    if ONNXExport.isCompact(candidate.model.detector) {
      let export = ONNXExport(
        .init(threshold: candidate.model.threshold), producer: "anomalyze \(context.codeVersion)")
      try folder.write(export.bytes(of: candidate.model.detector), to: "model.onnx")
    }
    try folder.write(tables.engine.encodedState(), to: ScoringModel.featureStateFile)
    try folder.write(lineage.json.bytes(.indented), to: "lineage.json")
    try folder.write(candidate.reference.json.bytes(.indented), to: "reference.json")
    for file in report.files() { try folder.write(file.bytes, to: file.path) }
    try InteroperabilityFiles(
      name: name, model: candidate.model, lineage: lineage, metrics: report.metrics
    ).write(to: folder)
  }

  /// The `metrics.json` of the version in `folder`.
  static func metrics(in folder: String) throws -> JSONValue {
    let path = folder + "/metrics.json"
    do {
      return try JSONValue(parsing: FileSystem.read(path))
    } catch let error as JSONError {
      throw ModelError.malformed(reason: "\(path): \(error)")
    }
  }
}
