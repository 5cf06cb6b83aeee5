public import Evaluation
internal import Features
public import Files
public import Ingestion
internal import JSON
internal import Models
internal import Tabular

/// Judges detectors on the test rows of a snapshot and writes reports.
public struct EvaluationStage: Sendable {
  let configuration: LabConfiguration
  let context: RunContext

  /// Makes the stage.
  public init(configuration: LabConfiguration, context: RunContext) {
    self.configuration = configuration
    self.context = context
  }

  /// A report on scores of the test rows in `tables`; the first detector is the one it is about.
  func report(
    title: String, _ tables: FeatureTables, detectors: [DetectorScores], lineage: VersionLineage,
    parameters: [JSONValue], command: String, canary: LeakCanary? = nil
  ) throws -> EvaluationReport {
    let settings = try EvaluationSettings(alertsPerDay: configuration.evaluation.alertsPerDay)
    let evaluation = try Evaluation(
      rows: tables.testRows, detectors: detectors, settings: settings,
      threadCount: context.threadCount)
    return try EvaluationReport(
      evaluation, title: title,
      lineage: EvaluationLineage(
        snapshotDigest: lineage.snapshotDigest, source: lineage.source,
        features: tables.engine.specification.names, split: lineage.split,
        trainingRowCount: tables.training.rowCount, excludedRowCount: tables.droppedCount,
        parameters: zip(detectors, parameters).map { detector, parameters in
          (detector: detector.name, values: parameters.objectValue ?? [:])
        },
        codeVersion: context.codeVersion, commands: [command]),
      drift: FeatureDrift.table(
        featureNames: tables.engine.specification.names, training: tables.training,
        current: tables.test, threadCount: context.threadCount), canary: canary,
      plotter: Gnuplot())
  }

  /// Judges the version in `folder` on the test rows of `snapshot`.
  public func run(
    _ reference: String, versionFolder folder: String, on snapshot: Snapshot, split: TimeSplit
  ) throws -> EvaluationReport {
    let model = try ScoringModel(loadingFrom: folder)
    let own = try VersionLineage(ofVersionIn: folder)
    let tables = try FeatureTables(
      of: snapshot, features: model.features, rules: model.rules, split: split,
      dropsKnownCompromised: configuration.evaluation.dropsKnownCompromised)
    let scores = try model.detector.scores(
      of: tables.test, threadCount: context.threadCount)
    let lineage = VersionLineage(
      of: snapshot, split: split,
      dropsKnownCompromised: configuration.evaluation.dropsKnownCompromised,
      detector: own.detector, codeVersion: context.codeVersion)
    return try report(
      title: reference, tables,
      detectors: [DetectorScores(name: type(of: model.detector).kind, scores: scores)],
      lineage: lineage, parameters: [own.detector],
      command: "anomalyze evaluate \(reference) --snapshot \(lineage.snapshotDigest.prefix(12))")
  }
}

extension EvaluationReport {
  /// Writes all files of the report into `folder`, each replaced in one step.
  public func write(to folder: String) throws(FileError) {
    for file in files() {
      let path = "\(folder)/\(file.path)"
      try FileSystem.createDirectory(FileSystem.parentDirectory(of: path))
      try FileSystem.writeAtomically(file.bytes, to: path)
    }
  }
}
